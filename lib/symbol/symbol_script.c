#include "symbol/symbol_script.h"

#include <string.h>

/*
 * Scripts of a shell and recipes of Makefiles: which files of the tree their
 * commands name. A script runs in a folder that it does not know, and makes
 * files itself: what is not certain is ELSEWHERE or OPTIONAL.
 */

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

static bool
is_one_of(const char *p, const char *const *words)
{
	for (; *words; words++)
		if (strcmp(p, *words) == 0)
			return true;
	return false;
}

/* ---- commands ------------------------------------------------------------ */

struct option {
	const char *tools; /* " NAME NAME " */
	const char *name;
	enum gv_symbol_edge edge;
	unsigned flags;
};

#define TERRAFORM " terraform tofu terragrunt "
#define DOCKER    " docker podman docker-compose podman-compose "
#define KUBECTL   " kubectl oc "

static const struct option options[] = {
	{ KUBECTL, "-f", GV_SYMBOL_EDGE_SCRIPT_FILE, 0 },
	{ KUBECTL, "--filename", GV_SYMBOL_EDGE_SCRIPT_FILE, 0 },
	{ KUBECTL, "-k", GV_SYMBOL_EDGE_SCRIPT_FILE, GV_SYMBOL_FOLDER },
	{ KUBECTL, "--kustomize", GV_SYMBOL_EDGE_SCRIPT_FILE,
	    GV_SYMBOL_FOLDER },
	{ KUBECTL, "--from-env-file", GV_SYMBOL_EDGE_ENV_FILE, 0 },
	{ " helm helmfile ", "-f", GV_SYMBOL_EDGE_SCRIPT_FILE, 0 },
	{ " helm ", "--values", GV_SYMBOL_EDGE_SCRIPT_FILE, 0 },
	{ " helmfile ", "--file", GV_SYMBOL_EDGE_SCRIPT_FILE, 0 },
	{ TERRAFORM, "-var-file", GV_SYMBOL_EDGE_TF_VAR_FILE, 0 },
	{ TERRAFORM, "--var-file", GV_SYMBOL_EDGE_TF_VAR_FILE, 0 },
	{ TERRAFORM, "-backend-config", GV_SYMBOL_EDGE_TF_BACKEND, 0 },
	{ TERRAFORM, "--backend-config", GV_SYMBOL_EDGE_TF_BACKEND, 0 },
	{ " terragrunt ", "--terragrunt-working-dir",
	    GV_SYMBOL_EDGE_SCRIPT_FILE, GV_SYMBOL_FOLDER },
	{ " packer ", "-var-file", GV_SYMBOL_EDGE_SCRIPT_FILE, 0 },
	{ DOCKER, "-f", GV_SYMBOL_EDGE_SCRIPT_FILE, 0 },
	{ DOCKER, "--file", GV_SYMBOL_EDGE_SCRIPT_FILE, 0 },
	{ DOCKER, "--env-file", GV_SYMBOL_EDGE_ENV_FILE, 0 },
	{ " ansible ansible-playbook ansible-inventory ", "-i",
	    GV_SYMBOL_EDGE_SCRIPT_FILE, 0 },
	{ " ansible ansible-playbook ansible-inventory ", "--inventory",
	    GV_SYMBOL_EDGE_SCRIPT_FILE, 0 },
	{ " ansible ansible-playbook ansible-vault ", "--vault-password-file",
	    GV_SYMBOL_EDGE_SCRIPT_FILE, 0 },
	{ " ansible-galaxy pip pip3 ", "-r", GV_SYMBOL_EDGE_SCRIPT_FILE, 0 },
	{ " ansible-galaxy ", "--role-file", GV_SYMBOL_EDGE_SCRIPT_FILE, 0 },
	{ " pip pip3 ", "--requirement", GV_SYMBOL_EDGE_SCRIPT_FILE, 0 },
	{ " make gmake ", "-f", GV_SYMBOL_EDGE_SCRIPT_FILE, 0 },
	{ " make gmake ", "-C", GV_SYMBOL_EDGE_SCRIPT_FILE, GV_SYMBOL_FOLDER },
	{ " aws sam ", "--template-file", GV_SYMBOL_EDGE_SCRIPT_FILE, 0 },
	{ " sam ", "--template", GV_SYMBOL_EDGE_SCRIPT_FILE, 0 },
	{ " sam ", "-t", GV_SYMBOL_EDGE_SCRIPT_FILE, 0 },
	{ " sam ", "--config-file", GV_SYMBOL_EDGE_SCRIPT_FILE, 0 },
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static bool
is_tool(const char *tools, const char *name)
{
	const size_t n = strlen(name);
	const char *p = tools + 1; /* behind a blank */

	while (n && (p = strstr(p, name)) != NULL) {
		if (p[-1] == ' ' && p[n] == ' ')
			return true;
		p++;
	}
	return false;
}

/* Which option of a tool a word is, with its value in the word, *at, or in the
 * next one, *at 0. */
static const struct option *
find_option(const char *tool, const char *p, size_t *at)
{
	size_t i, n;

	for (i = 0; i < COUNT(options); i++) {
		n = strlen(options[i].name);
		if (strncmp(p, options[i].name, n) != 0 ||
		    (p[n] != '\0' && p[n] != '=') ||
		    !is_tool(options[i].tools, tool))
			continue;
		*at = p[n] == '=' ? n + 1 : 0;
		return &options[i];
	}
	return NULL;
}

/* -f means another thing there: kubectl logs -f, docker rm -f. */
static bool
follows(const struct gv_symbol_commands *s)
{
	static const char *const words[] = { "logs", "log", "rm", "rmi", "exec",
		"kill", "prune", "images", "ps", "inspect", "stats", "push",
		NULL };
	size_t i;

	for (i = s->first + 1; i < s->shell.n; i++)
		if (is_one_of(gv_symbol_script_word(s, i), words))
			return true;
	return false;
}

static void
add_options(struct gv_symbol_commands *s, const char *tool)
{
	const bool is_other = follows(s);
	bool behind_verb = false;
	size_t i, at;

	for (i = s->first + 1; i < s->shell.n; i++) {
		const char *p = gv_symbol_script_word(s, i);
		const struct option *o = find_option(tool, p, &at);

		if (begins(p, "file://") && p[7] != '/')
			gv_symbol_script_file(
			    s, i, 7, GV_SYMBOL_EDGE_SCRIPT_FILE, 0);
		if (o == NULL) {
			behind_verb |= *p != '-' && strcmp(p, "compose") != 0;
			continue;
		}
		if (is_other && strcmp(o->name, "-f") == 0 && behind_verb)
			continue;
		i += at == 0;
		if (o->edge == GV_SYMBOL_EDGE_TF_BACKEND &&
		    strchr(gv_symbol_script_word(s, i) + at, '='))
			continue;
		gv_symbol_script_file(s, i, at, o->edge, o->flags);
	}
}

/* The first word that is no option. */
static size_t
first_argument(const struct gv_symbol_commands *s)
{
	size_t i;

	for (i = s->first + 1; i < s->shell.n; i++)
		if (gv_symbol_script_word(s, i)[0] != '-' &&
		    !s->shell.word[i].redirect)
			break;
	return i;
}

static void
of_source(struct gv_symbol_commands *s)
{
	const size_t i = first_argument(s);
	const char *p = gv_symbol_script_word(s, i);
	const bool is_local = strcmp(p, ".env") == 0 || ends(p, "/.env");

	if (i < s->shell.n)
		gv_symbol_script_file(s, i, 0,
		    ends(p, ".env") || strstr(p, "/.env") || begins(p, ".env")
			? GV_SYMBOL_EDGE_ENV_FILE
			: GV_SYMBOL_EDGE_SCRIPT_FILE,
		    is_local ? GV_SYMBOL_ELSEWHERE : 0);
}

/* bash x.sh, python3 x.py; not python -m x, bash -c "…". */
static void
of_interpreter(struct gv_symbol_commands *s)
{
	size_t i;

	for (i = s->first + 1; i < s->shell.n; i++) {
		const char *p = gv_symbol_script_word(s, i);

		if (*p == '-' && strpbrk(p, "cmes"))
			return;
		if (*p != '-' && !s->shell.word[i].redirect) {
			gv_symbol_script_file(
			    s, i, 0, GV_SYMBOL_EDGE_SCRIPT_FILE, 0);
			return;
		}
	}
}

/* Words that begin with "./" or "../": a chart, the folder of an image. */
static void
add_folders(struct gv_symbol_commands *s)
{
	size_t i;

	for (i = s->first + 1; i < s->shell.n; i++) {
		const char *p = gv_symbol_script_word(s, i);

		if (!s->shell.word[i].redirect &&
		    gv_symbol_script_word(s, i - 1)[0] != '-' &&
		    (begins(p, "./") || begins(p, "../") ||
			strcmp(p, ".") == 0))
			gv_symbol_script_file(s, i, 0,
			    GV_SYMBOL_EDGE_SCRIPT_FILE, GV_SYMBOL_FOLDER);
	}
}

/* A chart is a folder here, or REPOSITORY/NAME of elsewhere: the folder counts
 * where it exists. */
static void
of_helm(struct gv_symbol_commands *s)
{
	size_t i;

	add_folders(s);
	for (i = s->first + 1; i < s->shell.n; i++) {
		const char *p = gv_symbol_script_word(s, i);

		if (!s->shell.word[i].redirect && strchr(p, '/') &&
		    strchr("-./", p[0]) == NULL && strstr(p, "://") == NULL &&
		    gv_symbol_script_word(s, i - 1)[0] != '-')
			gv_symbol_script_file(s, i, 0,
			    GV_SYMBOL_EDGE_SCRIPT_FILE,
			    GV_SYMBOL_FOLDER | GV_SYMBOL_OPTIONAL);
	}
}

static void
of_docker(struct gv_symbol_commands *s)
{
	size_t i;

	for (i = s->first + 1; i < s->shell.n; i++)
		if (strcmp(gv_symbol_script_word(s, i), "build") == 0)
			break;
	if (i < s->shell.n &&
	    strcmp(gv_symbol_script_word(s, s->first), "docker-compose") != 0)
		add_folders(s);
}

static void
of_playbook(struct gv_symbol_commands *s)
{
	size_t i;

	for (i = s->first + 1; i < s->shell.n; i++) {
		const char *p = gv_symbol_script_word(s, i);

		if ((ends(p, ".yml") || ends(p, ".yaml")) && *p != '-' &&
		    gv_symbol_script_word(s, i - 1)[0] != '-')
			gv_symbol_script_file(
			    s, i, 0, GV_SYMBOL_EDGE_SCRIPT_FILE, 0);
		else if (*p == '@' && gv_symbol_script_word(s, i - 1)[0] == '-')
			gv_symbol_script_file(
			    s, i, 1, GV_SYMBOL_EDGE_SCRIPT_FILE, 0);
	}
}

static void
of_kustomize(struct gv_symbol_commands *s)
{
	size_t i;

	for (i = s->first + 1; i + 1 < s->shell.n; i++)
		if (strcmp(gv_symbol_script_word(s, i), "build") == 0 &&
		    gv_symbol_script_word(s, i + 1)[0] != '-')
			gv_symbol_script_file(s, i + 1, 0,
			    GV_SYMBOL_EDGE_SCRIPT_FILE, GV_SYMBOL_FOLDER);
}

/* terraform -chdir=DIR: the other paths are from there. */
static void
of_terraform(struct gv_symbol_commands *s)
{
	const struct gv_symbol_folder before = s->folder;
	size_t i;

	for (i = s->first + 1; i < s->shell.n; i++) {
		const char *p = gv_symbol_script_word(s, i);

		if (!begins(p, "-chdir="))
			continue;
		gv_symbol_script_file(
		    s, i, 7, GV_SYMBOL_EDGE_SCRIPT_FILE, GV_SYMBOL_FOLDER);
		gv_symbol_script_enter(s, p + 7);
	}
	add_options(s, gv_symbol_script_word(s, s->first));
	s->folder = before;
}

static void
of_cd(struct gv_symbol_commands *s)
{
	const size_t i = first_argument(s);
	const struct gv_symbol_folder before = s->folder;

	if (i < s->shell.n) {
		const char *p = gv_symbol_script_word(s, i);

		/* ".." is on the way to another one */
		if (*p != '.' && !strpbrk(p, "$`*"))
			gv_symbol_script_file(s, i, 0,
			    GV_SYMBOL_EDGE_SCRIPT_FILE,
			    GV_SYMBOL_FOLDER | GV_SYMBOL_ELSEWHERE);
		gv_symbol_script_enter(s, p);
	} else if (strcmp(gv_symbol_script_word(s, s->first + 1), "-") == 0)
		s->folder = s->last;
	else
		return;
	s->last = before;
}

/* -o x, --output x, -out=x: x is made; so is the last part of an address that
 * curl -O or wget fetches. */
static void
keep_outputs(struct gv_symbol_commands *s)
{
	static const char *const options_out[] = { "-o", "-O", "--output",
		"-out", "--out", "--output-document", NULL };
	const bool is_wget =
	    strcmp(gv_symbol_script_word(s, s->first), "wget") == 0;
	const char *p, *slash;
	bool names = is_wget;
	size_t i;

	for (i = s->first + 1; i < s->shell.n; i++) {
		p = gv_symbol_script_word(s, i);
		names |= *p == '-' && strchr(p, 'O');
		if (begins(p, "-out=") || begins(p, "--output="))
			gv_symbol_script_made(s, strchr(p, '=') + 1);
		else if (is_one_of(p, options_out))
			gv_symbol_script_made(
			    s, gv_symbol_script_word(s, i + 1));
		slash = strrchr(p, '/');
		if (names && slash && strstr(p, "://"))
			gv_symbol_script_made(s, slash + 1);
	}
}

/* [ -f x ], test -e x: what is asked for may be missing. */
static void
of_test(struct gv_symbol_commands *s)
{
	size_t i;

	for (i = s->first + 1; i + 1 < s->shell.n; i++)
		if (gv_symbol_script_word(s, i)[0] == '-' &&
		    strchr("fersdx", gv_symbol_script_word(s, i)[1]))
			gv_symbol_script_made(
			    s, gv_symbol_script_word(s, i + 1));
}

/* tee x, touch x, cp a x: x is made. */
static void
of_maker(struct gv_symbol_commands *s)
{
	const char *last = gv_symbol_script_word(s, s->shell.n - 1);

	if (s->shell.n > s->first + 1)
		gv_symbol_script_made(s, last);
}

static void
of_include(struct gv_symbol_commands *s)
{
	const bool is_sure =
	    strcmp(gv_symbol_script_word(s, s->first), "include") == 0;
	size_t i;

	for (i = s->first + 1; s->in->is_make && i < s->shell.n; i++)
		gv_symbol_script_file(s, i, 0, GV_SYMBOL_EDGE_SCRIPT_FILE,
		    is_sure ? 0 : GV_SYMBOL_OPTIONAL);
}

static const struct {
	const char *names;
	void (*fn)(struct gv_symbol_commands *s);
} commands[] = {
	{ " source . ", of_source },
	{ " bash sh dash ksh zsh python python3 node ruby perl pwsh php ",
	    of_interpreter },
	{ " cd pushd ", of_cd },
	{ " [ [[ test ", of_test },
	{ " tee touch cp mv ln mkdir ", of_maker },
	{ " docker podman ", of_docker },
	{ " helm ", of_helm },
	{ " kustomize ", of_kustomize },
	{ " ansible-playbook ", of_playbook },
	{ " include -include sinclude ", of_include },
};

/* Words that stand in front of a command. */
static bool
is_prefix(const char *p)
{
	static const char *const words[] = { "sudo", "exec", "time", "env",
		"nohup", "command", "then", "do", "else", "if", "elif", "while",
		"until", "!", "{", "builtin", "export", "local", "readonly",
		"declare", "bundle", "poetry", "uv", "run", "-E", "-r", NULL };

	return is_one_of(p, words);
}

static bool
is_assignment(const char *p)
{
	const char *sign = strchr(p, '=');
	const char *q;

	for (q = p; sign && q < sign; q++)
		if (!((*q >= 'a' && *q <= 'z') || (*q >= 'A' && *q <= 'Z') ||
			(*q >= '0' && *q <= '9' && q > p) || *q == '_'))
			return false;
	return sign > p;
}

static void
find_command(struct gv_symbol_commands *s)
{
	for (s->first = 0; s->first < s->shell.n; s->first++) {
		const char *p = gv_symbol_script_word(s, s->first);

		if (is_assignment(p))
			gv_symbol_script_place(s, p);
		else if (!is_prefix(p) && !s->shell.word[s->first].redirect)
			break;
	}
}

static void
add_redirects(struct gv_symbol_commands *s)
{
	size_t i;

	for (i = 0; i < s->shell.n; i++) {
		if (s->shell.word[i].redirect == '>')
			gv_symbol_script_made(s, gv_symbol_script_word(s, i));
		else if (s->shell.word[i].redirect == '<' &&
		    gv_symbol_script_ends(gv_symbol_script_word(s, i)))
			gv_symbol_script_file(s, i, 0,
			    GV_SYMBOL_EDGE_SCRIPT_FILE, GV_SYMBOL_OPTIONAL);
	}
}

/* What the name of a command is without the folder it is in, and without the
 * signs of a recipe before it. */
static const char *
name_of(const char *p, bool is_make)
{
	while (is_make && strchr("@+", *p) && *p)
		p++;
	return p;
}

static void
read_command(struct gv_symbol_commands *s)
{
	const char *p;
	size_t i;

	/* NAME=(a b) is a list of words */
	if (s->is_list) {
		s->is_list = s->shell.after != GV_SYMBOL_SHELL_CLOSE;
		return;
	}
	find_command(s);
	add_redirects(s);
	keep_outputs(s);
	if (s->shell.after == GV_SYMBOL_SHELL_OPEN && s->shell.n > 0) {
		p = gv_symbol_script_word(s, s->shell.n - 1);
		s->is_list = *p && p[strlen(p) - 1] == '=';
	}
	if (s->first >= s->shell.n)
		return;
	p = name_of(gv_symbol_script_word(s, s->first), s->in->is_make);
	if (is_tool(TERRAFORM, p))
		of_terraform(s);
	else
		add_options(s, p);
	for (i = 0; i < COUNT(commands); i++)
		if (is_tool(commands[i].names, p))
			commands[i].fn(s);
	/* a target of a Makefile names files before its ':' */
	if (strchr(p, '/') && !ends(p, ":"))
		gv_symbol_script_file(s, s->first,
		    (size_t)(p - gv_symbol_script_word(s, s->first)),
		    GV_SYMBOL_EDGE_SCRIPT_FILE,
		    gv_symbol_script_ends(p) ? 0 : GV_SYMBOL_ELSEWHERE);
}

/* NAME() { … }: it begins where the script began, and what is behind it goes on
 * where it was. */
static void
enter_function(struct gv_symbol_commands *s, const struct gv_symbol_folder *at)
{
	const char *p = gv_symbol_script_word(s, 0);

	if (s->shell.n == 0) {
		s->is_function |= s->shell.before == GV_SYMBOL_SHELL_OPEN &&
		    s->shell.after == GV_SYMBOL_SHELL_CLOSE;
	} else if (strcmp(p, "{") == 0) {
		if (s->is_function && s->braces == 0) {
			s->caller = s->folder;
			s->folder = *at;
			s->braces = 1;
		} else {
			s->braces += s->braces > 0;
		}
		s->is_function = false;
	} else if (strcmp(p, "}") == 0 && s->braces && --s->braces == 0) {
		s->folder = s->caller;
	} else {
		s->is_function = false;
	}
}

/* A subshell leaves the folder as it was. */
static void
enter_or_leave(struct gv_symbol_commands *s)
{
	if (s->shell.before == GV_SYMBOL_SHELL_OPEN) {
		if (s->depth < NESTED_MOST)
			s->outer[s->depth] = s->folder;
		s->depth++;
	} else if (s->shell.before == GV_SYMBOL_SHELL_CLOSE && s->depth) {
		s->depth--;
		if (s->depth < NESTED_MOST)
			s->folder = s->outer[s->depth];
	}
}

void
gv_symbol_script_read(
    struct gv_symbols *out, const struct gv_symbol_script *script)
{
	struct gv_symbol_commands s = { .in = script };
	struct gv_symbol_folder start = { .is_own = false };

	gv_symbol_writer_init(&s.w, out, NULL);
	s.w.in = script->in;
	gv_symbol_shell_init(
	    &s.shell, script->text, script->len, script->line, script->is_make);
	gv_symbol_script_join(&start, script->base ? script->base : "", "");
	start.is_unknown |= script->base && strchr(script->base, '*');
	s.folder = s.last = start;
	while (gv_symbol_shell_next(&s.shell)) {
		if (script->is_make && s.shell.before == GV_SYMBOL_SHELL_LINE) {
			s.folder = start;
			s.depth = 0;
		}
		enter_or_leave(&s);
		enter_function(&s, &start);
		read_command(&s);
	}
	out->failed |= s.shell.words.failed | s.shell.heredoc.failed;
	while (s.n_places > 0) {
		out->failed |= s.places[--s.n_places].name.failed;
		gv_buf_release(&s.places[s.n_places].name);
	}
	gv_symbol_shell_release(&s.shell);
	gv_symbol_writer_release(&s.w);
}

/* Whether the first lines that say something are rules or variables of make:
 * its name alone does not tell, in what others hand over. */
static bool
is_makefile(const char *text, size_t len)
{
	static const char *const signs[] = { ":=", "?=", "\n\t", ".PHONY",
		"$(shell", "include " };
	size_t i;

	if (len > 2 && memcmp(text, "#!", 2) == 0)
		return false;
	for (i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (memmem(text, len, signs[i], strlen(signs[i])))
			return true;
	return false;
}

/* The script that a container begins with runs in the container. */
static bool
is_entrypoint(const char *text, size_t len)
{
	return memmem(text, len, "exec \"$@\"", 9) ||
	    memmem(text, len, "exec \"${@}\"", 11);
}

void
gv_symbol_script(struct gv_symbols *out, const char *text, size_t len)
{
	const struct gv_symbol_script script = { .text = text,
		.len = len,
		.line = 1,
		.in = GV_SYMBOL_NONE,
		.flags = is_entrypoint(text, len) ? GV_SYMBOL_ELSEWHERE : 0,
		.is_make = is_makefile(text, len) };

	gv_symbol_script_read(out, &script);
}

void
gv_symbol_script_node(
    struct gv_symbol_writer *w, uint32_t node, unsigned flags, const char *base)
{
	struct gv_symbol_script script = {
		.in = w->in, .flags = flags, .base = base
	};
	struct gv_buf text = GV_BUF_INIT;
	uint32_t from =
	    node == GV_DOC_NONE ? node : gv_doc_follow(w->doc, node);

	if (from != GV_DOC_NONE && gv_symbol_scalar(&text, w->doc, from)) {
		const struct gv_doc_node *n = &w->doc->nodes[from];

		script.text = text.p;
		script.len = text.len;
		script.line = gv_symbol_line_at(w->doc, n->at) +
		    (n->style == GV_DOC_STYLE_LITERAL ||
			n->style == GV_DOC_STYLE_FOLDED);
		gv_symbol_script_read(w->out, &script);
	}
	w->out->failed |= text.failed;
	gv_buf_release(&text);
}
