#include "drill/validator.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"

/*
 * One row a tool: how its files are recognised, and its command, in which "%"
 * is the folder, or the file where it is recognised by the file.
 */
enum by {
	BY_NAME,   /* a file of that name: the command gets its folder */
	BY_FILE,   /* the same: the command gets the file */
	BY_SUFFIX, /* files that end so: the command gets the folder, once */
	BY_SCRIPT, /* files that end so: the command gets each file */
};

struct row {
	const char *name;
	enum by by;
	const char *what[4];
	const char *argv[8];
	const char *version[4]; /* asks for it */
	const char *least;      /* an older one refuses what is right today */
};

/* Where the state of a stack came back beside its code, both have to agree. It
 * needs no network if the providers are mirrored in the stack's folder, or
 * built in: where it cannot begin, it could not run. */
#define PLAN                                                                   \
	"cd \"$1\" && out=$(terraform init -input=false -no-color 2>&1) || "   \
	"{ echo \"$out\" >&2; exit 126; }; "                                   \
	"out=$(terraform plan -refresh=false -lock=false -input=false "        \
	"-detailed-exitcode -no-color 2>&1); case $? in 0) exit 0 ;; "         \
	"2) echo 'Error: code and state differ:' \"$(echo \"$out\" | "         \
	"grep -e '^Plan:' -e '^Changes to Out' | head -n 1)\" >&2; exit 2 ;; " \
	"*) echo \"$out\" >&2; exit 126 ;; esac"

/* It makes its folders and the file of its process even for a test. */
static const char test_nginx[] =
    "mkdir -p /var/lib/nginx /var/log/nginx 2>/dev/null; "
    "exec nginx -t -q -p /tmp -c \"$1\"";

static const struct row rows[] = {
	{ "terraform plan", BY_NAME, { "terraform.tfstate" },
	    { "sh", "-c", PLAN, "sh", "./%" }, { "terraform", "version" },
	    "1.0" },
	{ "terraform validate", BY_SUFFIX, { ".tf" },
	    { "terraform", "-chdir=%", "validate", "-no-color" },
	    { "terraform", "version" }, "1.0" },
	{ "kubectl kustomize", BY_NAME,
	    { "kustomization.yaml", "kustomization.yml" },
	    { "kubectl", "kustomize", "%" },
	    { "kubectl", "version", "--client" }, "1.14" },
	{ "helm template", BY_NAME, { "Chart.yaml" },
	    { "helm", "template", "drill", "%" },
	    { "helm", "version", "--short" }, "3.0" },
	{ "ansible-playbook --syntax-check", BY_FILE,
	    { "site.yml", "site.yaml", "playbook.yml" },
	    { "ansible-playbook", "--syntax-check", "-i", "localhost,", "%" },
	    { "ansible-playbook", "--version" }, "2.10" },
	{ "docker-compose config", BY_FILE,
	    { "compose.yaml", "compose.yml", "docker-compose.yml" },
	    { "docker-compose", "-f", "%", "config", "-q" },
	    { "docker-compose", "version" }, "2.0" },
	{ "nginx -t", BY_FILE, { "nginx.conf" },
	    { "sh", "-c", test_nginx, "sh", "/work/%" }, { "nginx", "-v" },
	    "1.10" },
	{ "promtool check config", BY_FILE, { "prometheus.yml" },
	    { "promtool", "check", "config", "%" }, { "promtool", "--version" },
	    "2.0" },
	{ "yamllint", BY_NAME, { ".yamllint" },
	    { "yamllint", "-f", "parsable", "-c", "%/.yamllint", "%" },
	    { "yamllint", "--version" }, "1.20" },
	{ "sh -n", BY_SCRIPT, { ".sh" }, { "bash", "-n", "%" },
	    { "bash", "--version" }, "4.0" },
};

#define ROWS (sizeof(rows) / sizeof(*rows))

/* What a tool says where something is missing that has nothing to do with the
 * files: a server, a provider that has to be fetched, a key, a version. */
static const char *const cannot[] = {
	"Missing required provider",
	"Inconsistent dependency lock file",
	"Module not installed",
	"Required plugins are not installed",
	"Could not load plugin",
	"Failed to query available provider packages",
	"please run \"terraform init\"",
	"Could not retrieve the list of available versions",
	"connection refused",
	"no such host",
	"Temporary failure in name resolution",
	"vault password",
	"Decryption failed",
	"Attempting to decrypt but no vault secrets found",
	"Unsupported config option",
	"is unsupported. You might be seeing this error",
	"version is unsupported",
	"found in Chart.yaml, but missing in charts/ directory",
	".pid\" failed (13: Permission denied)",
	".pid\" failed (30: Read-only file system)",
	NULL,
};

static bool
ends_with(const char *text, size_t len, const char *end)
{
	const size_t n = strlen(end);

	return len > n && memcmp(text + len - n, end, n) == 0;
}

static const char *
base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool
is_of(const struct row *row, const char *path)
{
	const char *base = base_of(path);
	size_t i;

	for (i = 0; i < 4 && row->what[i]; i++)
		if (row->by == BY_SUFFIX || row->by == BY_SCRIPT
			? ends_with(base, strlen(base), row->what[i])
			: strcmp(base, row->what[i]) == 0)
			return true;
	return false;
}

/* A word of the command with the place put in. */
static const char *
fill_word(struct gv_arena *arena, const char *word, const char *place)
{
	const char *at = strchr(word, '%');
	const size_t front = at ? (size_t)(at - word) : strlen(word);
	const size_t n = at ? strlen(place) : 0;
	const char *behind = at ? at + 1 : "";
	char *out = gv_arena_alloc(arena, front + n + strlen(behind) + 1);

	if (out == NULL)
		return NULL;
	memcpy(out, word, front);
	memcpy(out + front, place, n);
	memcpy(out + front + n, behind, strlen(behind));
	return out;
}

static int
add(struct gv_validator_calls *out, const struct row *row, const char *path,
    size_t len)
{
	const char **argv = gv_arena_alloc(&out->arena, 9 * sizeof(*argv));
	char *place = gv_arena_copy(&out->arena, path, len);
	size_t i;

	if (argv == NULL || place == NULL ||
	    GV_GROW(out->items, out->n, out->cap) < 0)
		return GV_ENOMEM;
	for (i = 0; i < 8 && row->argv[i]; i++) {
		argv[i] =
		    fill_word(&out->arena, row->argv[i], len ? place : ".");
		if (argv[i] == NULL)
			return GV_ENOMEM;
	}
	out->items[out->n++] = (struct gv_validator_call){
		.name = row->name,
		.path = place,
		.argv = argv,
		/* a shell that runs it is always there */
		.program = row->version[0],
		.version = row->version,
		.least = row->least,
	};
	return 0;
}

/* A tool's own copies, which nobody wrote here. */
static bool
is_copied(const char *path)
{
	return strstr(path, ".terraform/") || strstr(path, "node_modules/") ||
	    strstr(path, "/vendor/");
}

/* Whether the last call is of the same tool and folder. */
static bool
is_there(const struct gv_validator_calls *calls, const struct row *row,
    const char *path, size_t len)
{
	size_t i;

	for (i = calls->n; i > 0; i--) {
		const struct gv_validator_call *c = &calls->items[i - 1];

		if (c->name != row->name)
			return false;
		if (strlen(c->path) == len && memcmp(c->path, path, len) == 0)
			return true;
	}
	return false;
}

/* Roles and collections are where the nearest ansible.cfg above a playbook
 * says, which the tool itself takes from the folder that it is called in. */
static const char *
find_ansible_config(const char *const *paths, size_t n, const char *playbook)
{
	static const char name[] = "ansible.cfg";
	const char *best = NULL;
	size_t i, longest = 0;

	for (i = 0; i < n; i++) {
		const size_t dir = (size_t)(base_of(paths[i]) - paths[i]);

		if (strcmp(base_of(paths[i]), name) != 0 ||
		    strncmp(paths[i], playbook, dir) != 0 ||
		    (best && dir < longest))
			continue;
		best = paths[i];
		longest = dir;
	}
	return best;
}

static int
set_ansible_config(
    struct gv_validator_calls *out, const char *const *paths, size_t n)
{
	struct gv_validator_call *call = &out->items[out->n - 1];
	const char *config = find_ansible_config(paths, n, call->path), **env;

	if (config == NULL)
		return 0;
	env = gv_arena_alloc(&out->arena, 4 * sizeof(*env));
	if (env == NULL ||
	    (env[0] = fill_word(&out->arena, "ANSIBLE_CONFIG=%", config)) ==
		NULL)
		return GV_ENOMEM;
	env[1] = "ANSIBLE_NOCOLOR=1";
	env[2] = "ANSIBLE_LOCALHOST_WARNING=0";
	env[3] = NULL;
	call->env = env;
	return 0;
}

int
gv_validator_find(
    struct gv_validator_calls *out, const char *const *paths, size_t n)
{
	size_t i, k;

	*out = (struct gv_validator_calls){ .arena = GV_ARENA_INIT };
	for (k = 0; k < ROWS; k++) {
		const bool by_file =
		    rows[k].by == BY_FILE || rows[k].by == BY_SCRIPT;

		for (i = 0; i < n; i++) {
			size_t len = strlen(paths[i]);

			if (!is_of(&rows[k], paths[i]) || is_copied(paths[i]))
				continue;
			if (!by_file)
				len = base_of(paths[i]) == paths[i]
				    ? 0
				    : (size_t)(base_of(paths[i]) - paths[i]) -
					1;
			if (is_there(out, &rows[k], paths[i], len))
				continue;
			if (add(out, &rows[k], paths[i], len) < 0 ||
			    (strncmp(rows[k].name, "ansible", 7) == 0 &&
				set_ansible_config(out, paths, n) < 0))
				return gv_err_nomem();
		}
	}
	return 0;
}

int
gv_validator_add(
    struct gv_validator_calls *calls, const char *name, const char *command)
{
	const char **argv = gv_arena_alloc(&calls->arena, 4 * sizeof(*argv));
	const char *copy =
	    gv_arena_copy(&calls->arena, command, strlen(command));
	const char *title = gv_arena_copy(&calls->arena, name, strlen(name));

	if (argv == NULL || copy == NULL || title == NULL ||
	    GV_GROW(calls->items, calls->n, calls->cap) < 0)
		return gv_err_nomem();
	argv[0] = "sh";
	argv[1] = "-c";
	argv[2] = copy;
	argv[3] = NULL;
	calls->items[calls->n++] = (struct gv_validator_call){
		.name = title,
		.path = "",
		.argv = argv,
		.program = argv[0],
	};
	return 0;
}

void
gv_validator_release(struct gv_validator_calls *calls)
{
	free(calls->items);
	gv_arena_release(&calls->arena);
}

const char *
gv_validator_lack(const char *out, const char *err)
{
	size_t i;

	for (i = 0; cannot[i]; i++)
		if (strstr(out, cannot[i]) || strstr(err, cannot[i]))
			return cannot[i];
	return NULL;
}

/* The next number of a version; *at moves behind it and the dot. */
static long
next_number(const char **at)
{
	char *end;
	const long n = strtol(*at, &end, 10);

	*at = *end == '.' && end[1] >= '0' && end[1] <= '9' ? end + 1 : "";
	return n;
}

/* The first number with a dot in it. */
static const char *
find_version(size_t *len, const char *text)
{
	const char *at;

	for (at = text; *at; at += *at != '\0') {
		at += strcspn(at, "0123456789");
		*len = strspn(at, "0123456789.");
		if (memchr(at, '.', *len) && at[*len - 1] != '.')
			return at;
		at += *len ? *len - 1 : 0;
	}
	*len = 0;
	return NULL;
}

const char *
gv_validator_old(size_t *len, const char *least, const char *printed)
{
	const char *const found = find_version(len, printed);
	const char *is = found, *has = least;

	if (found == NULL)
		return "";
	while (*has) {
		const long a = *is ? next_number(&is) : 0;
		const long b = next_number(&has);

		if (a != b)
			return a < b ? found : NULL;
	}
	return NULL;
}

enum gv_validator_verdict
gv_validator_judge(int status, const char *out, const char *err)
{
	if (status == 0)
		return GV_VALIDATOR_PASSED;
	return status == 126 || status == 127 || gv_validator_lack(out, err)
	    ? GV_VALIDATOR_COULD_NOT
	    : GV_VALIDATOR_FAILED;
}

/* Skip what frames a message: blanks, bars and marks of a tool. */
static const char *
skip_frame(const char *line)
{
	for (;;) {
		line += strspn(line, " \t|*");
		if (strncmp(line, "\342\224\202", 3) == 0 ||
		    strncmp(line, "\342\225\267", 3) == 0 ||
		    strncmp(line, "\342\225\265", 3) == 0)
			line += 3;
		else
			return line;
	}
}

static const char *
find_line(size_t *len, const char *text, const char *word)
{
	const char *at = text, *end;

	for (; *at; at = *end ? end + 1 : end) {
		end = at + strcspn(at, "\n");
		at = skip_frame(at);
		if (at >= end)
			continue;
		*len = (size_t)(end - at);
		if (word == NULL)
			return at;
		{
			const char *hit = strstr(at, word);

			if (hit && hit < end)
				return at;
		}
	}
	return NULL;
}

const char *
gv_validator_line(size_t *len, const char *out, const char *err)
{
	static const char *const words[] = { "rror", "ERROR", "emerg", "ailed",
		"FAILED", NULL };
	const char *line = NULL;
	size_t i;

	for (i = 0; line == NULL && i < sizeof(words) / sizeof(*words); i++) {
		line = find_line(len, err, words[i]);
		if (line == NULL)
			line = find_line(len, out, words[i]);
	}
	if (line == NULL) {
		*len = 0;
		line = "";
	}
	return line;
}

const char *
gv_validator_place(size_t *len, const char *line)
{
	const char *at = line + strcspn(line, "\n");
	const char *place, *mark;

	/* a list begins */
	if (at > line && at[-1] == ':')
		return find_line(len, at, NULL);
	place = find_line(len, at, "on ");
	*len = place ? *len : 0;
	mark = *len ? strstr(place, " line ") : NULL;
	if (mark == NULL || mark >= place + *len ||
	    strncmp(place, "on ", 3) != 0)
		return NULL;
	/* behind the number is what it is in */
	*len = (size_t)(mark - place) + 6;
	*len += strspn(place + *len, "0123456789");
	return place;
}
