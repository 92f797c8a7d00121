#include "symbol/symbol_gitlab.h"

#include <string.h>

/*
 * Variables are read by "$NAME" and "${NAME}" in scripts, in values of other
 * variables and in the names of images. Only names in capitals count: others
 * are those of the shell's own making.
 */

#define DEPTH_MOST 4 /* lists in lists of a script */

static char by_top[] = "top", by_file[] = "file"; /* who sets a name */

/* ---- names --------------------------------------------------------------- */

static bool
is_name(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static bool
is_word(char c)
{
	return is_name(c) || (c >= 'a' && c <= 'z');
}

/* The length of a name in capitals; 0: no such name begins here. */
static size_t
name_len(const char *p, const char *end)
{
	size_t n = 0;

	while (p + n < end && is_name(p[n]))
		n++;
	if (n < 2 || (*p >= '0' && *p <= '9') || (p + n < end && is_word(p[n])))
		return 0;
	return n;
}

/* Names that every job has, from GitLab, from its shell or from awk. */
static bool
is_predefined(const char *p, size_t len)
{
	static const char *const names[] = { "CI", "GITLAB_CI",
		"GITLAB_FEATURES", "HOME", "PATH", "PWD", "OLDPWD", "USER",
		"LOGNAME", "SHELL", "HOSTNAME", "RANDOM", "SECONDS", "LINENO",
		"IFS", "UID", "EUID", "PPID", "LANG", "TERM", "TMPDIR",
		"BASH_SOURCE", "BASH_REMATCH", "FUNCNAME", "PIPESTATUS",
		"REPLY", "OPTARG", "OPTIND", "NF", "NR", "FNR", "FS", "OFS",
		"RS", "ORS", "FILENAME" };
	static const char *const begins[] = { "CI_", "GITLAB_USER_", "FF_",
		"RUNNER_" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == len && memcmp(names[i], p, len) == 0)
			return true;
	for (i = 0; i < sizeof(begins) / sizeof(begins[0]); i++)
		if (strlen(begins[i]) <= len &&
		    memcmp(begins[i], p, strlen(begins[i])) == 0)
			return true;
	return false;
}

/* ---- what the file sets -------------------------------------------------- */

/* Whether what stands before a name is `word`, with blanks between. */
static bool
is_behind(const char *text, const char *p, const char *word)
{
	const size_t n = strlen(word);

	if (p == text || p[-1] != ' ')
		return false;
	while (p > text && p[-1] == ' ')
		p--;
	return (size_t)(p - text) >= n && memcmp(p - n, word, n) == 0 &&
	    ((size_t)(p - text) == n || !is_word(p[-(ptrdiff_t)n - 1]));
}

/* Whether a name is a key: "NAME: x" at the begin of a line, or in braces. */
static bool
is_key(const char *text, const char *p, const char *behind, const char *end)
{
	if (behind == end || *behind != ':' ||
	    (behind + 1 < end && !strchr(" \t\r\n", behind[1])))
		return false;
	while (p > text && strchr(" \t\"'", p[-1]))
		p--;
	return p == text || strchr("\n{,-", p[-1]);
}

/* "NAME=x", "NAME: x", "read NAME", "for NAME in" */
static bool
is_set(const char *text, const char *p, size_t len, const char *end)
{
	const char *behind = p + len;

	if (behind < end && *behind == '=')
		return behind + 1 == end || behind[1] != '=';
	if (behind < end && (*behind == '"' || *behind == '\''))
		behind++;
	return is_key(text, p, behind, end) || is_behind(text, p, "for") ||
	    is_behind(text, p, "read") || is_behind(text, p, "-r");
}

/* Of all the text, whatever it is in: a name that is taken for one that is set
 * is only not known to be read. */
static void
find_set(struct gv_symbol_gitlab *vars, struct gv_symbol_writer *w)
{
	const char *text = w->doc->text, *end = text + w->doc->len, *p;
	size_t n;

	for (p = text; p < end; p += n ? n : 1) {
		n = p == text || !(is_word(p[-1]) || strchr("${-.", p[-1]))
		    ? name_len(p, end)
		    : 0;
		if (n && is_set(text, p, n, end))
			w->out->failed |=
			    gv_map_put(&vars->set, p, n, by_file) < 0;
	}
}

static void
define_all(struct gv_symbol_gitlab *vars, struct gv_symbol_writer *w,
    uint32_t variables)
{
	const char *kept;
	uint32_t i;

	if (!gv_symbol_is_map(w, variables))
		return;
	for (i = gv_symbol_first(w, variables); i != GV_DOC_NONE;
	     i = gv_symbol_next(w, variables, i)) {
		if (!gv_symbol_take_key(w, i))
			continue;
		kept = gv_arena_copy(&vars->arena, w->text.p, w->text.len);
		w->out->failed |= kept == NULL ||
		    gv_map_put(&vars->set, kept, w->text.len, by_top) < 0;
		gv_symbol_define(w, GV_SYMBOL_SPACE_GITLAB_VARIABLE, 0);
	}
}

void
gv_symbol_gitlab_begin(
    struct gv_symbol_gitlab *vars, struct gv_symbol_writer *w, uint32_t root)
{
	*vars = (struct gv_symbol_gitlab){
		.set = GV_MAP_INIT, .seen = GV_MAP_INIT, .arena = GV_ARENA_INIT
	};
	find_set(vars, w);
	define_all(vars, w, gv_doc_get(w->doc, root, "variables"));
}

/* ---- what a job reads ---------------------------------------------------- */

/* Once for each job. */
static void
refer(struct gv_symbol_gitlab *vars, struct gv_symbol_writer *w, const char *p,
    size_t len)
{
	void *job = (void *)((uintptr_t)w->in + 2);
	const char *kept;

	if (is_predefined(p, len) ||
	    gv_map_get(&vars->set, p, len) == by_file ||
	    gv_map_get(&vars->seen, p, len) == job)
		return;
	kept = gv_arena_copy(&vars->arena, p, len);
	w->out->failed |=
	    kept == NULL || gv_map_put(&vars->seen, kept, len, job) < 0;
	gv_symbol_take_bytes(w, p, len);
	gv_symbol_refer_name(w, GV_SYMBOL_EDGE_GITLAB_VAR,
	    GV_SYMBOL_SPACE_GITLAB_VARIABLE, GV_SYMBOL_ELSEWHERE);
}

/* The name behind a '$', and where it ends. A length of 0: there is none, or
 * something else is taken where it is not set: "${NAME:-x}". */
static const char *
find_name(const char *p, const char *end, size_t *len)
{
	const bool has_brace = p < end && *p == '{';
	const char *behind;

	p += has_brace;
	*len = name_len(p, end);
	behind = p + *len;
	if (has_brace && *len) {
		behind += behind < end && *behind == ':';
		if (behind < end && strchr("-=+", *behind))
			*len = 0;
	}
	return p;
}

/* One text of a shell. What is in single quotes, or a comment, is not read. */
static void
read_text(struct gv_symbol_gitlab *vars, struct gv_symbol_writer *w,
    const struct gv_buf *text, bool is_block)
{
	const char *p = text->p, *end = p + text->len, *name;
	bool in_single = false, in_double = false;
	size_t len;

	for (; p < end; p++) {
		if (*p == '\n')
			w->line += is_block;
		else if (*p == '\'' && !in_double)
			in_single = !in_single;
		else if (*p == '"' && !in_single)
			in_double = !in_double;
		else if (in_single)
			continue;
		else if (*p == '\\' && p + 1 < end && p[1] != '\n')
			p++;
		else if (*p == '#' && !in_double &&
		    (p == text->p || strchr(" \t\n", p[-1])))
			p += strcspn(p, "\n") - 1;
		else if (*p == '$' && p + 1 < end && p[1] == '$')
			p++;
		else if (*p == '$') {
			name = find_name(p + 1, end, &len);
			if (len)
				refer(vars, w, name, len);
		}
	}
}

static void
read_node(struct gv_symbol_gitlab *vars, struct gv_symbol_writer *w,
    uint32_t node, int depth)
{
	const uint32_t at = gv_doc_follow(w->doc, node);
	struct gv_buf text = GV_BUF_INIT;
	uint32_t i;

	if (at == GV_DOC_NONE || depth > DEPTH_MOST)
		return;
	if (!gv_symbol_is_scalar(w, at)) {
		for (i = gv_symbol_first(w, at); i != GV_DOC_NONE;
		     i = gv_symbol_next(w, at, i))
			read_node(vars, w, i, depth + 1);
		return;
	}
	if (gv_symbol_scalar(&text, w->doc, at)) {
		const struct gv_doc_node *n = &w->doc->nodes[at];
		const bool is_block = n->style == GV_DOC_STYLE_LITERAL ||
		    n->style == GV_DOC_STYLE_FOLDED;

		w->line = gv_symbol_line_at(w->doc, n->at) + is_block;
		read_text(vars, w, &text, is_block);
	}
	w->out->failed |= text.failed;
	gv_buf_release(&text);
}

/* secrets: {NAME: {vault: PATH}}: a secret, whoever keeps it. */
static void
read_secrets(struct gv_symbol_writer *w, uint32_t secrets)
{
	uint32_t i;

	if (!gv_symbol_is_map(w, secrets))
		return;
	for (i = gv_symbol_first(w, secrets); i != GV_DOC_NONE;
	     i = gv_symbol_next(w, secrets, i))
		if (gv_symbol_take_key(w, i))
			gv_symbol_refer_external(w,
			    GV_SYMBOL_EDGE_GITLAB_SECRET, "secret",
			    GV_SYMBOL_ELSEWHERE);
}

void
gv_symbol_gitlab_read(
    struct gv_symbol_gitlab *vars, struct gv_symbol_writer *w, uint32_t map)
{
	static const char *const keys[] = { "image", "services", "variables",
		"before_script", "script", "after_script" };
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		read_node(vars, w, gv_doc_get(w->doc, map, keys[i]), 0);
	read_secrets(w, gv_doc_get(w->doc, map, "secrets"));
}

void
gv_symbol_gitlab_end(struct gv_symbol_gitlab *vars)
{
	gv_map_release(&vars->set);
	gv_map_release(&vars->seen);
	gv_arena_release(&vars->arena);
}
