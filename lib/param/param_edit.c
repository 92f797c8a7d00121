#include "param/param_edit.h"

#include <string.h>

#include "base/err.h"
#include "param/param_internal.h"

#define STEPS_MAX 64

/* ---- which layer --------------------------------------------------------- */

/* A layer that can be written: a file of its own that exists. */
static bool
is_file(const struct gv_param *param, size_t i)
{
	return !param->layers[i]->is_missing &&
	    !param->private->files[i]->is_section;
}

/* How well a layer fits a key that is to be written: one that has it already,
 * then one of the environment, then any. */
static int
fitness(const struct gv_param *param, size_t i, const char *key)
{
	const struct gv_layer *layer = param->layers[i];
	const char *env = param->private->query.env;

	if (!is_file(param, i))
		return 0;
	if (gv_layer_find(layer->tree.root, key))
		return 4;
	/* a file of one person holds for nobody else */
	if (param->private->files[i]->is_private)
		return 1;
	return env && strstr(layer->name, env) ? 3 : 2;
}

static int
find_layer(size_t *out, const struct gv_param *param, const char *key,
    const char *wanted)
{
	int best = 0, one;
	size_t i;

	for (i = 0; i < param->n; i++) {
		if (wanted && is_file(param, i) &&
		    strcmp(param->layers[i]->name, wanted) == 0) {
			*out = i;
			return 0;
		}
		one = fitness(param, i, key);
		if (one && one >= best) {
			best = one;
			*out = i;
		}
	}
	if (wanted)
		return gv_err(GV_ENOTFOUND,
		    "'%s' is no file that is a layer here; to list them: git "
		    "vault config explain %s",
		    wanted, key);
	return best ? 0 : gv_err(GV_ENOTFOUND, "there is no layer to write to");
}

/* ---- whether it says it -------------------------------------------------- */

struct comparison {
	const char *key;
	const struct gv_layer_value *other;
	bool is_same;
};

/* Whether a path is the key, is in it, or leads to it. */
static bool
is_near(const char *path, const char *key)
{
	const size_t a = strlen(path), b = strlen(key);
	const size_t n = a < b ? a : b;
	const char next = a < b ? key[n] : path[n];

	return strncmp(path, key, n) == 0 &&
	    (n == 0 || next == '\0' || next == '.' || next == '[');
}

static int
compare(void *ctx, const char *path, const struct gv_layer_value *v)
{
	struct comparison *c = ctx;
	const struct gv_layer_value *w = gv_layer_find(c->other, path);

	if (!is_near(path, c->key))
		c->is_same = w && gv_layer_is_equal(v, w);
	/* a map whose last key goes is no null, which would delete others */
	else if (w && strlen(path) < strlen(c->key))
		c->is_same = w->kind == v->kind;
	return c->is_same ? 0 : 1;
}

static bool
is_text(const struct gv_layer_value *v, const char *text)
{
	struct gv_buf plain = GV_BUF_INIT;
	bool is;

	is = v && v->n == 0 && gv_layer_emit_plain(&plain, v) == 0 &&
	    plain.len == strlen(text) && memcmp(plain.p, text, plain.len) == 0;
	if (plain.cap)
		explicit_bzero(plain.p, plain.len);
	gv_buf_release(&plain);
	return is;
}

/* Whether the new file has the new value, and all else as before. */
static int
says(bool *out, const struct gv_param_edit *edit, const struct gv_layer *was,
    const char *key, const char *text, bool as_text)
{
	struct gv_layer now = { .name = was->name,
		.text = edit->text.p ? edit->text.p : "",
		.len = edit->text.len,
		.format = was->format };
	struct gv_layer old = { .name = was->name,
		.text = was->text,
		.len = was->len,
		.format = was->format };
	const struct gv_layer_read_opts opts = { .profile = NULL };
	struct comparison c = { .key = key, .is_same = true };
	const struct gv_layer_value *v;
	int r;

	*out = false;
	if ((r = gv_layer_read(&old, &opts)) < 0)
		return r;
	r = gv_layer_read(&now, &opts);
	if (r == GV_EREFUSED) {
		gv_layer_release(&old);
		return 0;
	}
	if (r == 0) {
		v = gv_layer_find(now.tree.root, key);
		*out = text
		    ? is_text(v, text) && (!as_text || v->kind == GV_LAYER_TEXT)
		    : v == NULL;
		c.other = now.tree.root;
		gv_layer_each(old.tree.root, compare, &c);
		c.other = old.tree.root;
		if (c.is_same)
			gv_layer_each(now.tree.root, compare, &c);
		*out = *out && c.is_same;
		gv_layer_release(&now);
	}
	gv_layer_release(&old);
	return r;
}

/* ---- changing ------------------------------------------------------------ */

/* Split what is left of a path into keys, in place. 0 where it has elements or
 * quotes: nothing is added to lists. */
static size_t
split(const char *keys[STEPS_MAX], char *path)
{
	size_t n = 0;
	char *dot;

	if (strpbrk(path, "[]\"") || *path == '\0')
		return 0;
	for (; path; path = dot) {
		if (n == STEPS_MAX)
			return 0;
		dot = strchr(path, '.');
		if (dot)
			*dot++ = '\0';
		if (*path == '\0')
			return 0;
		keys[n++] = path;
	}
	return n;
}

/* The deepest map on the way to a key, and what is left of the path. */
static uint32_t
find_map(const struct gv_doc *doc, char *path, char **rest)
{
	uint32_t found;
	char *dot;

	for (dot = path + strlen(path); dot > path; dot--) {
		if (*dot != '.')
			continue;
		*dot = '\0';
		found = gv_doc_find(doc, GV_DOC_NONE, path);
		*dot = '.';
		if (found != GV_DOC_NONE &&
		    doc->nodes[found].kind == GV_DOC_MAP) {
			*rest = dot + 1;
			return found;
		}
	}
	*rest = path;
	return GV_DOC_NONE;
}

static int
add(struct gv_param_edit *out, const struct gv_doc *doc, const char *key,
    const char *text, bool is_quoted)
{
	struct gv_buf path = GV_BUF_INIT;
	const char *keys[STEPS_MAX];
	struct gv_doc_addition a = {
		.keys = keys, .text = text, .is_quoted = is_quoted
	};
	uint32_t map;
	char *rest;
	int r;

	gv_buf_addstr(&path, key);
	if ((r = gv_buf_check(&path)) < 0)
		goto out;
	map = find_map(doc, path.p, &rest);
	a.n = split(keys, rest);
	r = a.n ? gv_doc_extend(&out->text, doc, map, &a)
		: gv_err(GV_EREFUSED,
		      "only keys of maps can be added; what leads to '%s' does "
		      "not exist there",
		      key);
out:
	gv_buf_release(&path);
	return r;
}

/* Leave a key out; `with_map`: and the maps that would have nothing else. */
static int
drop(struct gv_buf *out, const struct gv_doc *doc, uint32_t node, bool with_map)
{
	uint32_t up;

	while (with_map && (up = doc->nodes[node].parent) != GV_DOC_NONE &&
	    doc->nodes[up].kind == GV_DOC_MAP && doc->nodes[up].key_len &&
	    gv_doc_first(doc, up) == node &&
	    gv_doc_next(doc, node) == GV_DOC_NONE)
		node = up;
	return gv_doc_drop(out, doc, node);
}

/* `as_text`: it is not to be read as a number or the like. */
static int
change(struct gv_param_edit *out, const struct gv_doc *doc,
    const struct gv_layer *layer, const char *key, const char *text,
    bool as_text)
{
	const uint32_t node = gv_doc_find(doc, GV_DOC_NONE, key);
	struct gv_buf path = GV_BUF_INIT;
	bool is_said = false;
	size_t line, column;
	int way, r = 0;

	if (node == GV_DOC_NONE && text == NULL)
		return gv_err(GV_ENOTFOUND, "there is no '%s' to remove", key);
	gv_buf_addstr(&path, node == GV_DOC_NONE ? key : "");
	if (node != GV_DOC_NONE) {
		gv_doc_where(doc, doc->nodes[node].at, &line, &column);
		out->line = (unsigned)line;
		gv_doc_path(&path, doc, node);
	}
	r = gv_buf_check(&path);
	for (way = 0; r == 0 && !is_said && way < 2; way++) {
		gv_buf_reset(&out->text);
		if (node == GV_DOC_NONE)
			r = add(out, doc, key, text, way);
		else if (text)
			r = gv_doc_set(&out->text, doc, node, text);
		else
			r = drop(&out->text, doc, node, way);
		if (r == 0)
			r = says(&is_said, out, layer, path.p, text, as_text);
	}
	gv_buf_release(&path);
	return r < 0 || is_said
	    ? r
	    : gv_err(GV_EREFUSED,
		  "it cannot be written there without changing something else");
}

int
gv_param_edit(struct gv_param_edit *out, const struct gv_param *param,
    const char *key, const char *text, const char *layer)
{
	const struct gv_layer_value *below;
	const struct gv_layer *l;
	struct gv_doc doc;
	int r;

	*out =
	    (struct gv_param_edit){ .text = GV_BUF_INIT, .was = GV_BUF_INIT };
	if (*key == '\0')
		return gv_err(GV_EUSAGE, "a key is empty");
	if ((r = find_layer(&out->layer, param, key, layer)) < 0)
		return r;
	l = param->layers[out->layer];
	out->path = l->name;
	gv_buf_add(&out->was, l->text, l->len);
	if ((r = gv_buf_check(&out->was)) < 0 ||
	    (r = gv_doc_read(&doc, l->format, l->text, l->len, NULL)) < 0)
		return r;
	below = gv_layer_find(param->tree.root, key);
	r = change(out, &doc, l, key, text,
	    gv_layer_find(l->tree.root, key) == NULL && below &&
		below->kind == GV_LAYER_TEXT);
	gv_doc_release(&doc);
	return r < 0 ? gv_err_in(r, "%s", l->name) : 0;
}

static void
wipe(struct gv_buf *b)
{
	if (b->cap)
		explicit_bzero(b->p, b->len);
	gv_buf_release(b);
}

void
gv_param_edit_release(struct gv_param_edit *edit)
{
	wipe(&edit->text);
	wipe(&edit->was);
}
