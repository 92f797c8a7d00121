#include "symbol/symbol_writer.h"

#include <string.h>

/*
 * GitHub Actions: workflows and actions. Paths are from the top of the tree, as
 * that is where jobs run.
 */

#define FOLDER_MOST 256

static bool
begins(const char *p, size_t len, const char *word)
{
	const size_t n = strlen(word);

	return len >= n && memcmp(p, word, n) == 0;
}

static bool
is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/* ---- expressions --------------------------------------------------------- */

/* secrets.X, vars.X and secrets['X'] in [at, end) of the text of the file. */
static void
add_names(struct gv_symbol_writer *w, size_t at, size_t end)
{
	static const struct {
		const char *word, *scheme;
		enum gv_symbol_edge edge;
	} kinds[] = {
		{ "secrets", "secret", GV_SYMBOL_EDGE_GHA_SECRET },
		{ "vars", "var", GV_SYMBOL_EDGE_GHA_VAR },
	};
	const char *text = w->doc->text;
	size_t k, from;

	for (; at < end; at++) {
		if (at && (is_word(text[at - 1]) || text[at - 1] == '.'))
			continue;
		for (k = 0; k < 2; k++)
			if (begins(text + at, end - at, kinds[k].word))
				break;
		if (k == 2)
			continue;
		at += strlen(kinds[k].word);
		if (at < end && text[at] == '.')
			at++;
		else if (begins(text + at, end - at, "['"))
			at += 2;
		else
			continue;
		for (from = at; at < end && is_word(text[at]);)
			at++;
		gv_symbol_take_bytes(w, text + from, at - from);
		w->line = gv_symbol_line_at(w->doc, from);
		/* each job has that one */
		if (at > from && !gv_symbol_text_is(w, "GITHUB_TOKEN"))
			gv_symbol_refer_external(w, kinds[k].edge,
			    kinds[k].scheme, GV_SYMBOL_ELSEWHERE);
	}
}

/* In "${{ … }}" of all scalars of a node; all of what `if` says. */
static void
add_expressions(struct gv_symbol_writer *w, uint32_t node)
{
	const struct gv_doc *doc = w->doc;
	const uint32_t last = doc->nodes[node].next;
	uint32_t i;

	for (i = node; i < last; i++) {
		const struct gv_doc_node *n = &doc->nodes[i];
		const char *p = doc->text + n->at, *end = p + n->len, *close;

		if (n->kind != GV_DOC_SCALAR && n->kind != GV_DOC_CODE)
			continue;
		if (gv_doc_key_is(doc, i, "if")) {
			add_names(w, n->at, n->at + n->len);
			continue;
		}
		while ((p = memmem(p, (size_t)(end - p), "${{", 3)) != NULL) {
			close = memmem(p, (size_t)(end - p), "}}", 2);
			close = close ? close : end;
			add_names(w, (size_t)(p - doc->text) + 3,
			    (size_t)(close - doc->text));
			p = close;
		}
	}
}

/* ---- uses ---------------------------------------------------------------- */

/* Whether the steps check another repository, or this one at another place, out
 * into the folder that a path is in. */
static bool
is_checked_out(struct gv_symbol_writer *w, uint32_t steps, const char *path)
{
	struct gv_buf folder = GV_BUF_INIT;
	bool found = false;
	uint32_t i;

	for (i = gv_symbol_first(w, steps); i != GV_DOC_NONE && !found;
	     i = gv_symbol_next(w, steps, i)) {
		const uint32_t with = gv_doc_get(w->doc, i, "with");
		size_t skip;

		if (!gv_symbol_scalar(
			&folder, w->doc, gv_doc_get(w->doc, with, "path")))
			continue;
		skip = begins(folder.p, folder.len, "./") ? 2 : 0;
		found = folder.len > skip &&
		    begins(path + 2, strlen(path + 2), folder.p + skip);
	}
	w->out->failed |= folder.failed;
	gv_buf_release(&folder);
	return found;
}

/* ./path, docker://image, OWNER/NAME[/PATH]@REF */
static void
add_uses(struct gv_symbol_writer *w, uint32_t uses, uint32_t steps)
{
	const char *sign;
	unsigned flags = GV_SYMBOL_TOP;

	if (!gv_symbol_take(w, uses))
		return;
	if (gv_symbol_text_begins(w, "./")) {
		if (!gv_symbol_text_ends(w, ".yml") &&
		    !gv_symbol_text_ends(w, ".yaml"))
			flags |= GV_SYMBOL_FOLDER;
		if (steps != GV_DOC_NONE) {
			struct gv_buf path = GV_BUF_INIT;

			gv_buf_add(&path, w->text.p, w->text.len);
			if (is_checked_out(w, steps, path.p))
				flags |= GV_SYMBOL_ELSEWHERE;
			w->out->failed |= path.failed;
			gv_buf_release(&path);
		}
		gv_symbol_refer_path(w, GV_SYMBOL_EDGE_GHA_USES, flags);
		return;
	}
	if (gv_symbol_text_begins(w, "docker://")) {
		memmove(w->text.p, w->text.p + 9, w->text.len - 9);
		gv_buf_truncate(&w->text, w->text.len - 9);
		gv_symbol_refer_image(w, GV_SYMBOL_EDGE_GHA_USES, 0);
		return;
	}
	sign = memrchr(w->text.p, '@', w->text.len);
	if (sign) {
		const size_t at = (size_t)(sign - w->text.p);

		gv_buf_add(&w->extra, sign + 1, w->text.len - at - 1);
		gv_buf_truncate(&w->text, at);
	}
	gv_symbol_refer_external(w, GV_SYMBOL_EDGE_GHA_USES, "action", 0);
}

/* container: node:18, or {image: node:18} */
static void
add_image(struct gv_symbol_writer *w, uint32_t container)
{
	if (gv_symbol_is_map(w, container)
		? gv_symbol_take_of(w, container, "image")
		: gv_symbol_take(w, container))
		gv_symbol_refer_image(w, GV_SYMBOL_EDGE_GHA_USES, 0);
}

/* ---- steps --------------------------------------------------------------- */

/* The folder that commands run in, as a base for paths. */
static const char *
take_folder(
    struct gv_symbol_writer *w, uint32_t of, char *out, const char *otherwise)
{
	if (!gv_symbol_take_of(w, of, "working-directory") ||
	    w->text.len >= FOLDER_MOST || w->text.p[0] == '/')
		return otherwise;
	gv_symbol_fold(&w->text);
	memcpy(out, w->text.p, w->text.len + 1);
	return out;
}

static void
add_folder(struct gv_symbol_writer *w, uint32_t of)
{
	if (gv_symbol_take_of(w, of, "working-directory") &&
	    w->text.p[0] != '/' && w->text.p[0] != '~' && w->text.p[0] != '$')
		gv_symbol_refer_path(w, GV_SYMBOL_EDGE_GHA_PATH,
		    GV_SYMBOL_TOP | GV_SYMBOL_FOLDER | GV_SYMBOL_ELSEWHERE);
}

/* Inputs of actions that are files of the tree by their name. */
static void
add_inputs(struct gv_symbol_writer *w, uint32_t with)
{
	static const char *const keys[] = { "file", "context", "dockerfile",
		"playbook", "node-version-file", "python-version-file",
		"go-version-file", "config-file", "configuration-path",
		"working-directory", "working_directory" };
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (gv_symbol_take_of(w, with, keys[i]) &&
		    (memchr(w->text.p, '/', w->text.len) ||
			memchr(w->text.p, '.', w->text.len)) &&
		    !memchr(w->text.p, ':', w->text.len) &&
		    !memchr(w->text.p, '\n', w->text.len) &&
		    !memchr(w->text.p, ' ', w->text.len) &&
		    w->text.p[0] != '/' && w->text.p[0] != '~' &&
		    !gv_symbol_text_is(w, "."))
			gv_symbol_refer_path(w, GV_SYMBOL_EDGE_GHA_PATH,
			    GV_SYMBOL_TOP | GV_SYMBOL_ELSEWHERE);
}

static void
add_steps(struct gv_symbol_writer *w, uint32_t steps, const char *base)
{
	unsigned flags = GV_SYMBOL_TOP;
	char own[FOLDER_MOST];
	uint32_t i;

	for (i = gv_symbol_first(w, steps); i != GV_DOC_NONE;
	     i = gv_symbol_next(w, steps, i)) {
		const uint32_t run = gv_doc_get(w->doc, i, "run");
		const uint32_t with = gv_doc_get(w->doc, i, "with");

		/* from here on some files are those of a checkout of its own */
		if (gv_doc_get(w->doc, with, "path") != GV_DOC_NONE ||
		    gv_doc_get(w->doc, with, "repository") != GV_DOC_NONE)
			flags |= GV_SYMBOL_ELSEWHERE;

		if (gv_symbol_take_of(w, i, "id"))
			gv_symbol_define(w, GV_SYMBOL_SPACE_GHA_STEP, 0);
		add_uses(w, gv_doc_get(w->doc, i, "uses"), steps);
		add_folder(w, i);
		add_inputs(w, with);
		if (run != GV_DOC_NONE)
			gv_symbol_script_node(
			    w, run, flags, take_folder(w, i, own, base));
	}
}

/* ---- jobs ---------------------------------------------------------------- */

static void
add_environment(struct gv_symbol_writer *w)
{
	gv_symbol_refer_external(
	    w, GV_SYMBOL_EDGE_GHA_ENVIRONMENT, "environment", 0);
}

/* Each value that `key` has in the matrix of a job. Whether there is one. */
static bool
add_matrix(struct gv_symbol_writer *w, uint32_t job, const char *key)
{
	const uint32_t matrix =
	    gv_doc_get(w->doc, gv_doc_get(w->doc, job, "strategy"), "matrix");
	const uint32_t values = gv_doc_get(w->doc, matrix, key);
	const uint32_t more = gv_doc_get(w->doc, matrix, "include");
	bool found = false;
	uint32_t i;

	for (i = gv_symbol_first(w, values); i != GV_DOC_NONE;
	     i = gv_symbol_next(w, values, i))
		if (gv_symbol_take(w, i)) {
			add_environment(w);
			found = true;
		}
	if (!gv_symbol_is_list(w, more))
		return found;
	for (i = gv_symbol_first(w, more); i != GV_DOC_NONE;
	     i = gv_symbol_next(w, more, i))
		if (gv_symbol_take_of(w, i, key)) {
			add_environment(w);
			found = true;
		}
	return found;
}

/* environment: prod, {name: prod}, ${{ matrix.environment }} */
static void
of_environment(struct gv_symbol_writer *w, uint32_t job)
{
	static const char word[] = "matrix.";
	const uint32_t node = gv_doc_get(w->doc, job, "environment");
	char key[FOLDER_MOST];
	const char *p;
	size_t n = 0, i;

	if (gv_symbol_is_map(w, node) ? !gv_symbol_take_of(w, node, "name")
				      : !gv_symbol_take(w, node))
		return;
	p = gv_symbol_text_begins(w, "${{")
	    ? memmem(w->text.p, w->text.len, word, strlen(word))
	    : NULL;
	if (p) {
		p += strlen(word);
		while (n + 1 < sizeof(key) && is_word(p[n]))
			n++;
		memcpy(key, p, n);
		key[n] = '\0';
		i = (size_t)(p - w->text.p) + n;
		while (i < w->text.len &&
		    (w->text.p[i] == ' ' || w->text.p[i] == '}'))
			i++;
		if (i == w->text.len && add_matrix(w, job, key))
			return;
		if (!(gv_symbol_is_map(w, node)
			    ? gv_symbol_take_of(w, node, "name")
			    : gv_symbol_take(w, node)))
			return;
	}
	add_environment(w);
}

static void
of_job(struct gv_symbol_writer *w, uint32_t job, const char *base)
{
	const struct gv_doc *doc = w->doc;
	const uint32_t needs = gv_doc_get(doc, job, "needs");
	const uint32_t services = gv_doc_get(doc, job, "services");
	const uint32_t run =
	    gv_doc_get(doc, gv_doc_get(doc, job, "defaults"), "run");
	char own[FOLDER_MOST];
	uint32_t i;

	if (!gv_symbol_take_key(w, job))
		return;
	w->in = gv_symbol_define(w, GV_SYMBOL_SPACE_GHA_JOB, 0);
	for (i = gv_symbol_first(w, needs); i != GV_DOC_NONE;
	     i = gv_symbol_next(w, needs, i))
		if (gv_symbol_take(w, i))
			gv_symbol_refer_name(w, GV_SYMBOL_EDGE_GHA_NEEDS,
			    GV_SYMBOL_SPACE_GHA_JOB, 0);
	add_uses(w, gv_doc_get(doc, job, "uses"), GV_DOC_NONE);
	of_environment(w, job);
	add_image(w, gv_doc_get(doc, job, "container"));
	if (gv_symbol_is_map(w, services))
		for (i = gv_symbol_first(w, services); i != GV_DOC_NONE;
		     i = gv_symbol_next(w, services, i))
			add_image(w, i);
	add_folder(w, run);
	add_steps(
	    w, gv_doc_get(doc, job, "steps"), take_folder(w, run, own, base));
	add_expressions(w, job);
	w->in = GV_SYMBOL_NONE;
}

/* ---- what starts a workflow ---------------------------------------------- */

static void
add_filters(struct gv_symbol_writer *w, uint32_t paths, const char *kind)
{
	uint32_t i;

	for (i = gv_symbol_first(w, paths); i != GV_DOC_NONE;
	     i = gv_symbol_next(w, paths, i)) {
		if (!gv_symbol_take(w, i))
			continue;
		gv_buf_addstr(&w->extra, kind);
		gv_symbol_tell(w, GV_SYMBOL_VALUE_GHA_FILTER);
		if (*kind == '\0' && w->text.p[0] != '!')
			gv_symbol_refer_path(w, GV_SYMBOL_EDGE_GHA_PATH,
			    GV_SYMBOL_TOP | GV_SYMBOL_OPTIONAL |
				(strpbrk(w->text.p, "*?[") ? GV_SYMBOL_PATTERN
							   : 0));
	}
}

static void
of_events(struct gv_symbol_writer *w, uint32_t on)
{
	uint32_t i;

	if (!gv_symbol_is_map(w, on))
		return;
	for (i = gv_symbol_first(w, on); i != GV_DOC_NONE;
	     i = gv_symbol_next(w, on, i)) {
		add_filters(w, gv_doc_get(w->doc, i, "paths"), "");
		add_filters(w, gv_doc_get(w->doc, i, "paths-ignore"), "ignore");
	}
}

/* The names that `env` sets: variables of what the jobs run. */
static void
add_settings(struct gv_symbol_writer *w, uint32_t env)
{
	uint32_t i;

	if (!gv_symbol_is_map(w, env))
		return;
	for (i = gv_symbol_first(w, env); i != GV_DOC_NONE;
	     i = gv_symbol_next(w, env, i))
		if (gv_symbol_take_key(w, i))
			gv_symbol_tell(w, GV_SYMBOL_VALUE_COMPOSE_VAR_SET);
}

/* An action: steps of its own, an image, a program. */
static void
of_action(struct gv_symbol_writer *w, uint32_t runs)
{
	static const char *const keys[] = { "main", "pre", "post" };
	size_t i;

	add_steps(w, gv_doc_get(w->doc, runs, "steps"), NULL);
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (gv_symbol_take_of(w, runs, keys[i]))
			gv_symbol_refer_path(
			    w, GV_SYMBOL_EDGE_GHA_PATH, GV_SYMBOL_ELSEWHERE);
	if (!gv_symbol_take_of(w, runs, "image"))
		return;
	if (gv_symbol_text_begins(w, "docker://"))
		add_uses(w, gv_doc_get(w->doc, runs, "image"), GV_DOC_NONE);
	else
		gv_symbol_refer_path(w, GV_SYMBOL_EDGE_GHA_PATH, 0);
}

void
gv_symbol_github(
    struct gv_symbols *out, const struct gv_doc *doc, uint32_t root)
{
	const uint32_t jobs = gv_doc_get(doc, root, "jobs");
	const uint32_t runs = gv_doc_get(doc, root, "runs");
	const uint32_t run =
	    gv_doc_get(doc, gv_doc_get(doc, root, "defaults"), "run");
	char own[FOLDER_MOST];
	const char *base;
	struct gv_symbol_writer w;
	uint32_t i;

	gv_symbol_writer_init(&w, out, doc);
	if (gv_symbol_take_of(&w, root, "name"))
		gv_symbol_define(&w, GV_SYMBOL_SPACE_GHA_WORKFLOW, 0);
	of_events(&w, gv_doc_get(doc, root, "on"));
	add_settings(&w, gv_doc_get(doc, root, "env"));
	add_folder(&w, run);
	base = take_folder(&w, run, own, NULL);
	if (gv_symbol_is_map(&w, jobs))
		for (i = gv_symbol_first(&w, jobs); i != GV_DOC_NONE;
		     i = gv_symbol_next(&w, jobs, i))
			of_job(&w, i, base);
	if (runs != GV_DOC_NONE)
		of_action(&w, runs);
	for (i = gv_symbol_first(&w, root); i != GV_DOC_NONE;
	     i = gv_symbol_next(&w, root, i))
		if (!gv_doc_key_is(doc, i, "jobs") &&
		    gv_symbol_is_map(&w, root))
			add_expressions(&w, i);
	gv_symbol_writer_release(&w);
}
