#include "symbol/symbol_script.h"

#include <string.h>

/*
 * Which words of a script are paths in the tree, and from which folder: that
 * of the script where "$(dirname "$0")" stands in front, or a variable that
 * was set to it, else the one that its commands are in.
 */

const char *
gv_symbol_script_word(const struct gv_symbol_commands *s, size_t i)
{
	return gv_symbol_shell_word(&s->shell, i);
}

static bool
begins(const char *p, const char *with)
{
	return strncmp(p, with, strlen(with)) == 0;
}

static bool
ends(const char *p, const char *with)
{
	const size_t n = strlen(p), m = strlen(with);

	return n >= m && strcmp(p + n - m, with) == 0;
}

/* ---- names of files ------------------------------------------------------ */

static uint64_t
hash(const char *p)
{
	uint64_t h = 0xcbf29ce484222325u;

	if (begins(p, "./"))
		p += 2;
	for (; *p; p++)
		h = (h ^ (unsigned char)*p) * 0x100000001b3u;
	return h;
}

void
gv_symbol_script_made(struct gv_symbol_commands *s, const char *name)
{
	const char *slash = strchr(name, '/');

	if (s->n_made < NAMES_MOST && *name)
		s->made[s->n_made++] = hash(name);
	/* "$DIR/x" is x where the script has gone to $DIR */
	if (s->n_made < NAMES_MOST && *name == '$' && slash)
		s->made[s->n_made++] = hash(slash + 1);
}

static bool
is_made(const struct gv_symbol_commands *s, const char *name)
{
	const uint64_t h = hash(name);
	size_t i;

	for (i = 0; i < s->n_made; i++)
		if (s->made[i] == h)
			return true;
	return false;
}

bool
gv_symbol_script_ends(const char *p)
{
	static const char *const known[] = { ".sh", ".bash", ".yml", ".yaml",
		".json", ".tf", ".tfvars", ".hcl", ".env", ".mk", ".py", ".js",
		".ts", ".rb", ".pl", ".txt", ".toml", ".ini", ".cfg", ".conf",
		".template", ".groovy", ".ps1", ".sql", ".tpl", ".j2",
		".backend", ".tfbackend", "Dockerfile", "Makefile", NULL };
	size_t i;

	for (i = 0; known[i]; i++)
		if (ends(p, known[i]))
			return true;
	return false;
}

/* Folders that builds fill. */
static bool
is_built(const char *p)
{
	static const char *const folders[] = { "node_modules/", "target/",
		"dist/", "build/", "bin/", "out/", "venv/", ".venv/", "vendor/",
		"tmp/", "_output/", ".terraform/", ".git/", NULL };
	size_t i;

	if (begins(p, "./"))
		p += 2;
	for (i = 0; folders[i]; i++)
		if (begins(p, folders[i]))
			return true;
	return strstr(p, "/bin/activate") != NULL;
}

/* Whether a path is from a folder of the user or of a runner. */
static bool
is_of_host(const char *p)
{
	static const char *const names[] = { "HOME", "TMPDIR", "TMP",
		"RUNNER_TEMP", "XDG_", "GOPATH", "JAVA_HOME", "VIRTUAL_ENV",
		NULL };
	size_t i;

	if (*p != '$')
		return false;
	p += 1 + (p[1] == '{');
	for (i = 0; names[i]; i++)
		if (begins(p, names[i]))
			return true;
	return false;
}

/* Whether a text, its computed parts folded, may be a path in the tree. */
static bool
is_path(const char *p, unsigned flags)
{
	if (*p == '\0' || *p == '/' || *p == '~' || *p == '-' ||
	    strpbrk(p, " \t:;|&<>(){}[]\"'=,@!%\\^") || strcmp(p, "*") == 0)
		return false;
	if (strcmp(p, ".") == 0 || strcmp(p, "..") == 0)
		return true;
	return (flags & GV_SYMBOL_FOLDER) || strchr(p, '/') ||
	    gv_symbol_script_ends(p);
}

/* ---- folders ------------------------------------------------------------- */

static bool
is_of_script(const char *p)
{
	return strstr(p, "$0") || strstr(p, "BASH_SOURCE") || strstr(p, "${0%");
}

/* The part in front, "$(…)/", "${…}/", "$NAME/", has this many bytes; 0: none.
 */
static size_t
first_part(const char *p)
{
	size_t i = 1, depth = 0;

	if (*p != '$')
		return 0;
	if (p[1] != '(' && p[1] != '{') {
		while ((p[i] >= 'a' && p[i] <= 'z') ||
		    (p[i] >= 'A' && p[i] <= 'Z') ||
		    (p[i] >= '0' && p[i] <= '9') || p[i] == '_')
			i++;
		return i;
	}
	for (; p[i]; i++) {
		if (p[i] == '(' || p[i] == '{')
			depth++;
		else if ((p[i] == ')' || p[i] == '}') && --depth == 0)
			return i + 1;
	}
	return 0;
}

/* The folder of a variable that stands in front: $DIR, ${DIR}. */
static const struct gv_symbol_place *
find_place(const struct gv_symbol_commands *s, const char *p, size_t len)
{
	size_t i;

	p++;
	len--;
	if (len > 2 && (*p == '{' || *p == '(')) {
		p++;
		len -= 2;
	}
	for (i = s->n_places; i > 0; i--)
		if (s->places[i - 1].name.len == len &&
		    memcmp(s->places[i - 1].name.p, p, len) == 0)
			return &s->places[i - 1];
	return NULL;
}

void
gv_symbol_script_join(
    struct gv_symbol_folder *folder, const char *base, const char *rest)
{
	size_t n, m, slash;

	while (begins(rest, "./") && *base)
		rest += 2;
	n = strlen(base);
	m = strlen(rest);
	slash = n && m && base[n - 1] != '/';
	if (n + m + slash + 1 > sizeof(folder->path)) {
		folder->is_unknown = true;
		return;
	}
	memmove(folder->path, base, n);
	if (slash)
		folder->path[n] = '/';
	memcpy(folder->path + n + slash, rest, m + 1);
}

/* What CI systems call the top of the tree, and the folder of an action. */
static bool
is_workspace(const char *p, size_t n)
{
	return memmem(p, n, "github.workspace", 16) ||
	    memmem(p, n, "GITHUB_WORKSPACE", 16) ||
	    memmem(p, n, "CI_PROJECT_DIR", 14);
}

static bool
is_action(const char *p, size_t n)
{
	return memmem(p, n, "github.action_path", 18) ||
	    memmem(p, n, "GITHUB_ACTION_PATH", 18);
}

/* What `p` is a path from: *folder and *flags; what is left of it behind a
 * variable that is known. */
static const char *
split(const struct gv_symbol_commands *s, const char *p,
    struct gv_symbol_folder *folder, unsigned *flags)
{
	const size_t n = first_part(p);
	const struct gv_symbol_place *place = n ? find_place(s, p, n) : NULL;
	const char *rest = p + n;

	*folder = s->folder;
	*flags = s->in->flags;
	if (place) {
		*folder = place->folder;
		*flags = place->flags;
	} else if (n > 2 &&
	    (memmem(p, n, "--show-toplevel", 15) || is_workspace(p, n))) {
		*folder = (struct gv_symbol_folder){ "", false, false };
		*flags = GV_SYMBOL_TOP;
	} else if (n > 2 && is_action(p, n)) {
		*folder = (struct gv_symbol_folder){ "", false, true };
		*flags = 0;
	} else if (n &&
	    (is_of_script(p) &&
		(memmem(p, n, "dirname", 7) || memmem(p, n, "%/*", 3)))) {
		*folder = (struct gv_symbol_folder){ "", false, true };
		*flags = 0;
		/* $(cd "$(dirname "$0")/.." && pwd) */
		if (memmem(p, n, "/../..", 6))
			gv_symbol_script_join(folder, "../..", "");
		else if (memmem(p, n, "/..", 3))
			gv_symbol_script_join(folder, "..", "");
	} else {
		return p;
	}
	while (*rest == '/')
		rest++;
	return rest;
}

/* DIR=$(dirname "$0"), ROOT=$DIR/..: such variables are known from here on. */
void
gv_symbol_script_place(struct gv_symbol_commands *s, const char *p)
{
	const char *value = strchr(p, '=');
	struct gv_symbol_place *place = &s->places[s->n_places];
	struct gv_symbol_folder folder;
	const char *rest;
	unsigned flags;

	if (value == NULL || s->n_places == PLACES_MOST)
		return;
	rest = split(s, value + 1, &folder, &flags);
	if (rest == value + 1 || strpbrk(rest, "$`* "))
		return;
	gv_symbol_script_join(&folder, folder.path, rest);
	place->name = (struct gv_buf)GV_BUF_INIT;
	gv_buf_add(&place->name, p, (size_t)(value - p));
	place->folder = folder;
	place->flags = flags;
	s->n_places++;
}

/* Add a file that the word at `i` names, from its byte `at` on. */
void
gv_symbol_script_file(struct gv_symbol_commands *s, size_t i, size_t at,
    enum gv_symbol_edge edge, unsigned flags)
{
	struct gv_symbol_writer *w = &s->w;
	struct gv_symbol_folder folder;
	unsigned more;
	const char *p = gv_symbol_script_word(s, i) + at;
	const char *rest = split(s, p, &folder, &more);
	bool is_optional = is_made(s, p);

	if (is_of_host(p))
		return;
	w->line = i < s->shell.n ? s->shell.word[i].line : s->shell.line;
	gv_symbol_take_bytes(w, rest, strlen(rest));
	if (gv_symbol_fold(&w->text))
		flags |= GV_SYMBOL_PATTERN;
	if (gv_symbol_fold_shell(&w->text))
		flags |= GV_SYMBOL_PATTERN;
	if (w->text.failed || (rest == p && !is_path(w->text.p, flags)) ||
	    strpbrk(w->text.p, " \t:;|&<>(){}\"'=,@!%\\^"))
		return;
	if (is_built(w->text.p) || folder.is_unknown)
		flags |= GV_SYMBOL_ELSEWHERE;
	if (!folder.is_unknown) {
		gv_symbol_script_join(&folder, folder.path, w->text.p);
		gv_symbol_take_bytes(w, folder.path, strlen(folder.path));
	}
	if (is_optional)
		flags |= GV_SYMBOL_OPTIONAL;
	if (strcmp(w->text.p, ".") == 0)
		flags |= GV_SYMBOL_FOLDER;
	gv_symbol_refer_path(w, edge, flags | more);
}

bool
gv_symbol_script_enter(struct gv_symbol_commands *s, const char *p)
{
	struct gv_symbol_folder folder;
	unsigned flags;
	const char *rest = split(s, p, &folder, &flags);

	s->folder = folder;
	if (*rest == '/' || *rest == '~' || strpbrk(rest, "$`*") ||
	    (rest != p && flags != s->in->flags))
		s->folder.is_unknown = true;
	else
		gv_symbol_script_join(&s->folder, s->folder.path, rest);
	return !s->folder.is_unknown;
}
