#include "param/param_edit.h"

#include <string.h>

#include "base/err.h"
#include "layer/layer_path.h"
#include "param/param_internal.h"

#define STEPS_MAX 64

/* ---- which layer --------------------------------------------------------- */

/* A layer that can be written: a file of its own that exists. */
static bool
is_file(const struct gv_param *param, size_t i)
{
	return !param->layers[i]->is_missing &&
	    !param->private->files[i]->is_section &&
	    !gv_param_is_closed(param, i);
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

/* The options of the query, for a command that asks the same. */
static void
add_options(struct gv_buf *out, const struct gv_param_query *q)
{
	const struct {
		const char *name, *value;
	} options[] = { { "env", q->env }, { "service", q->service },
		{ "provider", q->provider }, { "region", q->region },
		{ "host", q->host }, { "layout", q->layout } };
	size_t i;

	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (options[i].value)
			gv_buf_addf(
			    out, "--%s %s ", options[i].name, options[i].value);
}

static int
refuse_layer(const struct gv_param *param, const char *key, const char *wanted)
{
	struct gv_buf options = GV_BUF_INIT;
	int r;

	add_options(&options, &param->private->query);
	if ((r = gv_buf_check(&options)) == 0)
		r = gv_err(GV_ENOTFOUND,
		    "'%s' is no layer here, by its path from the top of the "
		    "working tree; to list the layers: git vault config "
		    "explain %s%s",
		    wanted, options.p, key);
	gv_buf_release(&options);
	return r;
}

/* A layer that was named may be one that does not exist yet. */
static int
find_wanted(size_t *out, const struct gv_param *param, const char *key,
    const char *wanted)
{
	size_t i;

	for (i = 0; i < param->n; i++)
		if (!param->private->files[i]->is_section &&
		    strcmp(param->layers[i]->name, wanted) == 0) {
			*out = i;
			return 0;
		}
	return refuse_layer(param, key, wanted);
}

static int
find_layer(size_t *out, const struct gv_param *param, const char *key,
    const char *wanted)
{
	int best = 0, one;
	size_t i;

	if (wanted)
		return find_wanted(out, param, key, wanted);
	for (i = 0; i < param->n; i++) {
		one = fitness(param, i, key);
		if (one && one >= best) {
			best = one;
			*out = i;
		}
	}
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

	/* yes, and 0o17, as they are written */
	if (v && v->n == 0 && v->kind != GV_LAYER_NULL &&
	    strlen(text) == v->len && memcmp(v->text, text, v->len) == 0)
		return true;
	is = v && v->n == 0 && gv_layer_emit_plain(&plain, v) == 0 &&
	    plain.len == strlen(text) && memcmp(plain.p, text, plain.len) == 0;
	if (plain.cap)
		explicit_bzero(plain.p, plain.len);
	gv_buf_release(&plain);
	return is;
}

/* What is to be written. */
struct wish {
	const char *key, *text; /* text NULL: the key is removed */
	bool as_text; /* it is not to be read as a number or the like */
	bool nests;   /* keys with dots are paths */
};

/* Whether the new file has the new value, at a path, and all else as before. */
static int
says(bool *out, const struct gv_param_edit *edit, const struct gv_layer *was,
    const struct wish *w, const char *key)
{
	const char *text = w->text;

	struct gv_layer now = { .name = was->name,
		.text = edit->text.p ? edit->text.p : "",
		.len = edit->text.len,
		.format = was->format };
	struct gv_layer old = { .name = was->name,
		.text = was->text,
		.len = was->len,
		.format = was->format };
	const struct gv_layer_read_opts opts = { .profile = NULL,
		.nests = w->nests };
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
		*out = text ? is_text(v, text) &&
			(!w->as_text || v->kind == GV_LAYER_TEXT)
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

/* A path of keys, in steps, each with where it ends in the path. */
struct steps {
	const char *keys[STEPS_MAX];
	size_t ends[STEPS_MAX];
	size_t n;
	size_t elements; /* the last step of a list, from 1; 0: none */
	struct gv_buf texts[STEPS_MAX];
};

static int
split(struct steps *out, const char *path)
{
	const char *p = path;
	struct gv_layer_step step;
	struct gv_buf *text;

	for (out->n = out->elements = 0; *p; out->n++) {
		if (out->n == STEPS_MAX)
			return GV_EREFUSED;
		text = &out->texts[out->n];
		*text = (struct gv_buf)GV_BUF_INIT;
		if (!gv_layer_next_step(&step, &p, text)) {
			gv_buf_release(text);
			return GV_EREFUSED;
		}
		/* one that is as it is written points into the path */
		if (step.p != text->p) {
			gv_buf_reset(text);
			gv_buf_add(text, step.p, step.len);
		}
		if (step.is_element)
			out->elements = out->n + 1;
		out->keys[out->n] = text->p;
		out->ends[out->n] = (size_t)(p - path);
		if (gv_buf_check(text) < 0) {
			out->n++;
			return GV_ENOMEM;
		}
	}
	return 0;
}

static void
release_steps(struct steps *s)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		gv_buf_release(&s->texts[i]);
}

/* The deepest map on the way to a key; *first is the first step that is not
 * there. */
static uint32_t
find_map(
    size_t *first, const struct gv_doc *doc, const struct steps *s, char *path)
{
	uint32_t found;
	size_t i, end;
	char kept;

	for (i = s->n - 1; i > 0; i--) {
		end = s->ends[i - 1];
		end -= end > 0 && path[end - 1] == '.';
		kept = path[end];
		path[end] = '\0';
		found = gv_doc_find(doc, GV_DOC_NONE, path);
		path[end] = kept;
		if (found != GV_DOC_NONE &&
		    doc->nodes[found].kind == GV_DOC_MAP) {
			*first = i;
			return found;
		}
	}
	*first = 0;
	return GV_DOC_NONE;
}

static int
add(struct gv_param_edit *out, const struct gv_doc *doc, const char *key,
    const char *text, bool is_quoted)
{
	struct gv_buf path = GV_BUF_INIT;
	struct steps s = { .n = 0 };
	struct gv_doc_addition a = { .text = text, .is_quoted = is_quoted };
	uint32_t map;
	size_t first;
	int r;

	gv_buf_addstr(&path, key);
	if ((r = gv_buf_check(&path)) < 0 || (r = split(&s, key)) < 0 ||
	    s.n == 0) {
		r = r == GV_ENOMEM
		    ? r
		    : gv_err(GV_EREFUSED, "'%s' is no path of keys", key);
		goto out;
	}
	map = find_map(&first, doc, &s, path.p);
	a.keys = s.keys + first;
	a.n = s.n - first;
	r = s.elements <= first ? gv_doc_extend(&out->text, doc, map, &a)
				: gv_err(GV_EREFUSED,
				      "'%s' is an element of a list, and "
				      "elements are not added; write it there "
				      "by hand",
				      key);
out:
	release_steps(&s);
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

static void
spell(struct gv_buf *out, const struct gv_doc *doc, uint32_t node)
{
	const struct gv_doc_node *n = &doc->nodes[node];

	if (n->parent == GV_DOC_NONE)
		return;
	spell(out, doc, n->parent);
	if (n->key_len == 0) {
		gv_buf_addf(out, "[%u]", n->index);
		return;
	}
	if (out->len)
		gv_buf_addch(out, '.');
	gv_doc_key(out, doc, node);
}

uint32_t
gv_param_find_spelled(const struct gv_doc *doc, const char *key)
{
	uint32_t found = gv_doc_find(doc, GV_DOC_NONE, key), i;
	struct gv_buf path = GV_BUF_INIT;

	for (i = 0; i < doc->n; i++) {
		gv_buf_reset(&path);
		spell(&path, doc, i);
		if (gv_buf_check(&path) == 0 && path.len &&
		    strcmp(path.p, key) == 0 && i + 1 == doc->nodes[i].next)
			found = i;
	}
	gv_buf_release(&path);
	return found;
}

static int
change(struct gv_param_edit *out, const struct gv_doc *doc,
    const struct gv_layer *layer, const struct wish *w)
{
	const char *key = w->key, *text = w->text;
	const uint32_t node = w->nests ? gv_param_find_spelled(doc, key)
				       : gv_doc_find(doc, GV_DOC_NONE, key);
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
		/* what has dots is a path there */
		if (w->nests)
			gv_buf_addstr(&path, key);
		else
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
			r = says(&is_said, out, layer, w, path.p);
	}
	gv_buf_release(&path);
	if (r < 0 || is_said)
		return r;
	return gv_err(GV_EREFUSED,
	    node == GV_DOC_NONE || text == NULL
		? "'%s' cannot be %s there without a change of another key, "
		  "by an alias, a merge or its form; edit the file by hand"
		: "the value of '%s' cannot be %s there so that all else stays "
		  "as it is, by its format, an alias or a merge; edit the "
		  "file by hand",
	    key, text ? "written" : "removed");
}

/* A layer that does not exist yet. */
static void
begin(struct gv_layer *layer)
{
	if (!gv_doc_format_of(&layer->format, layer->name, "", 0))
		layer->format = GV_DOC_FORMAT_YAML;
	layer->text = layer->format == GV_DOC_FORMAT_JSON ? "{}\n" : "";
	layer->len = strlen(layer->text);
}

int
gv_param_edit(struct gv_param_edit *out, const struct gv_param *param,
    const char *key, const char *text, const char *layer)
{
	const struct gv_layer_value *below;
	const struct gv_layer *l;
	struct wish wish = { .key = key,
		.text = text,
		.nests = param->private->layout->are_dotted };
	struct gv_layer now;
	struct gv_doc doc;
	int r;

	*out =
	    (struct gv_param_edit){ .text = GV_BUF_INIT, .was = GV_BUF_INIT };
	if (*key == '\0')
		return gv_err(GV_EUSAGE, "a key is empty");
	if ((r = find_layer(&out->layer, param, key, layer)) < 0)
		return r;
	now = *param->layers[out->layer];
	if (gv_param_is_closed(param, out->layer))
		return gv_err(GV_EREFUSED,
		    "%s is encrypted as a whole; to change it: "
		    "ansible-vault edit %s",
		    now.name, now.name);
	if (now.is_missing)
		begin(&now);
	l = &now;
	out->path = l->name;
	out->is_new = l->is_missing;
	gv_buf_add(&out->was, l->text, l->is_missing ? 0 : l->len);
	if ((r = gv_buf_check(&out->was)) < 0 ||
	    (r = gv_doc_read(&doc, l->format, l->text, l->len, NULL)) < 0)
		return r;
	below = gv_layer_find(param->tree.root, key);
	wish.as_text = gv_layer_find(l->tree.root, key) == NULL && below &&
	    below->kind == GV_LAYER_TEXT;
	r = change(out, &doc, l, &wish);
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
