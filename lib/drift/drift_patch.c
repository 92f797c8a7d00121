#include "drift/drift_patch.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/filepatch.h"
#include "base/vec.h"
#include "drift/drift_internal.h"

struct edit {
	size_t at, len; /* bytes of the right file that go */
	const char *text;
	size_t text_len;
};

/* Which bytes of a file may be of a secret, a byte each; looked for once. */
struct veil {
	const struct gv_drift_document *of;
	unsigned char *bytes; /* as many as the file has, and one more */
};

/* What edits have made of a byte of the right file. */
enum { EDIT_BEGINS = 1, EDIT_GOES_ON = 2, EDIT_INSERTS = 4 };

struct patching {
	const struct gv_drift *d;
	const struct gv_drift_report *report;
	struct gv_drift_patch *out;
	const struct gv_drift_document *of; /* the right file at hand */
	struct edit *edits;
	size_t n, cap;
	unsigned char *marks; /* of each byte of the right file, and one more */
	struct veil left, right;
	/* where a key was inserted last: many follow each other in one map */
	const struct gv_drift_role *role;
	const char *parent;
	size_t parent_len;
	uint32_t sibling;
	struct gv_arena arena;
};

/* ---- nodes --------------------------------------------------------------- */

static const struct gv_doc_node *
node_of(const struct gv_drift_key *key)
{
	return &key->of->doc.nodes[key->node];
}

static bool
is_step(char c)
{
	return c == '.' || c == '[';
}

/* Steps of a path, of which the first may have no sign. */
static size_t
count_steps(const char *name, size_t len)
{
	size_t i, n = len > 0 && !is_step(name[0]);

	for (i = 0; i < len; i++)
		n += is_step(name[i]);
	return n;
}

/* The node `steps` above: a block has one for its type and for each of
 * its labels. GV_DOC_NONE: that ends within one. */
static uint32_t
climb(const struct gv_doc *doc, uint32_t node, size_t steps)
{
	uint32_t i;
	size_t n;

	while (steps > 0 && node != GV_DOC_NONE) {
		n = 1;
		if (doc->nodes[node].kind == GV_DOC_BLOCK)
			for (i = gv_doc_first(doc, node); i != GV_DOC_NONE &&
			     doc->nodes[i].kind == GV_DOC_LABEL;
			     i = gv_doc_next(doc, i))
				n++;
		if (n > steps)
			return GV_DOC_NONE;
		steps -= n;
		node = doc->nodes[node].parent;
	}
	return node;
}

static size_t
line_end(const struct gv_doc *doc, size_t at)
{
	while (at < doc->len && doc->text[at] != '\n')
		at++;
	return at < doc->len ? at + 1 : at;
}

/* Where a node begins, with its key. */
static size_t
begin_of(const struct gv_doc_node *n)
{
	return n->key_len ? n->key_at : n->at;
}

static size_t
end_of(const struct gv_doc *doc, const struct gv_doc_node *n)
{
	size_t end = n->at + n->len;

	while (end > n->at &&
	    (doc->text[end - 1] == '\n' || doc->text[end - 1] == ' '))
		end--;
	return end;
}

/* Blanks in front of what begins its line; false: something else is. */
static bool
indent_of(size_t *out, const struct gv_doc *doc, size_t at)
{
	const size_t begin = gv_doc_line_begin(doc, at);
	size_t i;

	for (i = begin; i < at; i++)
		if (doc->text[i] != ' ' && doc->text[i] != '\t')
			return false;
	*out = at - begin;
	return true;
}

/* ---- secrets ------------------------------------------------------------- */

static void
veil_range(struct veil *veil, size_t at, size_t len)
{
	const size_t all = veil->of->file.len;

	if (at < all)
		memset(veil->bytes + at, 1, len < all - at ? len : all - at);
}

static int
look_for_secrets(struct veil *veil, const struct gv_drift_document *of)
{
	const struct gv_drift_keys *keys =
	    of->role ? &of->role->sides[of->file.env].keys : NULL;
	size_t i;

	free(veil->bytes);
	veil->of = NULL;
	if ((veil->bytes = calloc(1, of->file.len + 1)) == NULL)
		return gv_err_nomem();
	veil->of = of;
	for (i = 0; i < of->scan.n; i++)
		veil_range(
		    veil, of->scan.findings[i].at, of->scan.findings[i].len);
	for (i = 0; keys && i < keys->n; i++) {
		const struct gv_drift_key *k = keys->items[i];

		if (of->is_sealed) {
			veil_range(veil, 0, of->file.len);
			break;
		}
		if (k->of == of && k->is_hidden)
			veil_range(veil, node_of(k)->at, node_of(k)->len);
	}
	return 0;
}

/* Whether bytes of a file may be of a secret; without memory they are. */
static bool
has_secret(struct veil *veil, const struct gv_drift_document *of, size_t at,
    size_t len)
{
	if (veil->of != of && look_for_secrets(veil, of) < 0)
		return true;
	return at < of->file.len &&
	    memchr(veil->bytes + at, 1,
		len < of->file.len - at ? len : of->file.len - at) != NULL;
}

/* ---- texts --------------------------------------------------------------- */

static void
add_name(struct gv_buf *out, const char *name, const char *like, size_t len)
{
	const bool is_upper = like[0] >= 'A' && like[0] <= 'Z';
	const bool is_title =
	    is_upper && len > 1 && like[len - 1] >= 'a' && like[len - 1] <= 'z';
	size_t i;

	for (i = 0; name[i]; i++)
		gv_buf_addch(out,
		    (is_upper && (!is_title || i == 0)) && name[i] >= 'a' &&
			    name[i] <= 'z'
			? (char)(name[i] - 'a' + 'A')
			: name[i]);
}

/* The text as the other environment has it. */
static void
add_for(struct gv_buf *out, const struct patching *p, unsigned from,
    struct gv_drift_text text)
{
	const struct gv_drift_opts *opts = p->d->opts;
	const char *name = opts->envs[p->of->file.env].name;
	struct gv_envname_hit hit;
	size_t at = 0, done = 0;

	while (gv_envname_next(&hit, &opts->names, text.p, text.len, at)) {
		at = hit.at + hit.len;
		if (hit.env != from)
			continue;
		gv_buf_add(out, text.p + done, hit.at - done);
		add_name(out, name, text.p + hit.at, hit.len);
		done = at;
	}
	gv_buf_add(out, text.p + done, text.len - done);
}

/* Whether exactly these bytes are replaced already. Elements of one list that
 * differ come one after the other, and all replace the list. */
static bool
is_edited(const struct patching *p, size_t at, size_t len)
{
	const struct edit *last = p->n ? &p->edits[p->n - 1] : NULL;
	size_t i;

	if (len == 0 || !(p->marks[at] & EDIT_BEGINS))
		return false;
	if (last && last->at == at && last->len == len)
		return true;
	for (i = 1; i < len && p->marks[at + i] & EDIT_GOES_ON; i++)
		;
	return i == len && !(p->marks[at + len] & EDIT_GOES_ON);
}

/* Whether an edit there is in the way of another one. */
static bool
is_in_the_way(const struct patching *p, size_t at, size_t len)
{
	size_t i;

	if (len == 0)
		return p->marks[at] & EDIT_GOES_ON;
	if (p->marks[at] & (EDIT_BEGINS | EDIT_GOES_ON))
		return true;
	for (i = 1; i < len && p->marks[at + i] == 0; i++)
		;
	return i < len;
}

static int
add_edit(struct patching *p, size_t at, size_t len, const struct gv_buf *text)
{
	const char *copy;

	if (gv_buf_check(text) < 0)
		return GV_ENOMEM;
	if (is_edited(p, at, len))
		return 1;
	if (is_in_the_way(p, at, len))
		return 0;
	copy = gv_arena_copy(&p->arena, text->p, text->len);
	if (copy == NULL || GV_GROW(p->edits, p->n, p->cap) < 0)
		return gv_err_nomem();
	p->edits[p->n++] = (struct edit){ at, len, copy, text->len };
	p->marks[at] |= len ? EDIT_BEGINS : EDIT_INSERTS;
	if (len > 1)
		memset(p->marks + at + 1, EDIT_GOES_ON, len - 1);
	return 1;
}

/* ---- edits: 1 if there is one, 0 if a person has to look, GV_ENOMEM -------
 */

static bool
is_whole_line(const struct gv_doc *doc, const struct gv_doc_node *n)
{
	return memchr(doc->text + n->at, '\n', n->len) == NULL;
}

static bool
is_replaceable(const struct gv_drift_key *key)
{
	const struct gv_doc_node *n = node_of(key);

	return key->kind == GV_DRIFT_SCALAR || key->kind == GV_DRIFT_CODE ||
	    (n->kind == GV_DOC_LIST && n->style == GV_DOC_STYLE_FLOW);
}

static int
replace_value(struct patching *p, const struct gv_drift_key *left,
    const struct gv_drift_key *right)
{
	const struct gv_doc_node *from = node_of(left), *to = node_of(right);
	struct gv_buf text = GV_BUF_INIT;
	int r;

	if (!is_replaceable(left) || !is_replaceable(right) ||
	    from->kind != to->kind || from->len == 0 || to->len == 0 ||
	    !is_whole_line(&left->of->doc, from) ||
	    !is_whole_line(&right->of->doc, to))
		return 0;
	if (is_edited(p, to->at, to->len))
		return 1;
	add_for(&text, p, left->of->file.env,
	    (struct gv_drift_text){
		left->of->file.text + from->at, from->len });
	r = add_edit(p, to->at, to->len, &text);
	gv_buf_release(&text);
	return r;
}

static int
replace_name(struct patching *p, const struct gv_drift_key *left,
    const struct gv_drift_key *right)
{
	const struct gv_doc_node *from = node_of(left), *to = node_of(right);
	struct gv_buf text = GV_BUF_INIT;
	int r;

	if (from->key_len == 0 || to->key_len == 0)
		return 0;
	add_for(&text, p, left->of->file.env,
	    (struct gv_drift_text){
		left->of->file.text + from->key_at, from->key_len });
	r = add_edit(p, to->key_at, to->key_len, &text);
	gv_buf_release(&text);
	return r;
}

/* The last key of the right file next to which a key of this name would be:
 * its node among the siblings; GV_DOC_NONE. */
static uint32_t
find_sibling(struct patching *p, const struct gv_drift_role *role,
    const char *name, size_t len)
{
	const struct gv_drift_keys *keys = &role->sides[p->of->file.env].keys;
	uint32_t best = GV_DOC_NONE, node;
	size_t parent = len, i;

	while (parent > 0 && !is_step(name[parent - 1]))
		parent--;
	/* elements of lists have no place of their own */
	if (parent > 0 && name[parent - 1] == '[')
		return GV_DOC_NONE;
	if (p->role == role && p->parent_len == parent &&
	    memcmp(p->parent, name, parent) == 0)
		return p->sibling;
	for (i = 0; i < keys->n; i++) {
		const struct gv_drift_key *k = keys->items[i];

		if (k->of != p->of || k->name_len <= parent ||
		    memcmp(k->name, name, parent) != 0)
			continue;
		node = climb(&k->of->doc, k->node,
		    count_steps(k->name + parent, k->name_len - parent) - 1);
		if (node != GV_DOC_NONE && (best == GV_DOC_NONE || node > best))
			best = node;
	}
	p->role = role;
	p->parent = name;
	p->parent_len = parent;
	p->sibling = best;
	return best;
}

/* "a": 1 behind its sibling, with the comma. */
static int
insert_member(struct patching *p, const struct gv_drift_key *left,
    uint32_t from, uint32_t sibling)
{
	const struct gv_doc *doc = &p->of->doc;
	const struct gv_doc_node *n = &left->of->doc.nodes[from];
	const struct gv_doc_node *s = &doc->nodes[sibling];
	struct gv_buf text = GV_BUF_INIT;
	size_t indent;
	int r;

	gv_buf_addch(&text, ',');
	if (indent_of(&indent, doc, begin_of(s))) {
		gv_buf_addch(&text, '\n');
		gv_buf_add(&text, doc->text + begin_of(s) - indent, indent);
	} else {
		gv_buf_addch(&text, ' ');
	}
	add_for(&text, p, left->of->file.env,
	    (struct gv_drift_text){ left->of->file.text + begin_of(n),
		n->at + n->len - begin_of(n) });
	r = add_edit(p, s->at + s->len, 0, &text);
	gv_buf_release(&text);
	return r;
}

/* Whole lines of the left file below the last line of the sibling, as deep as
 * it is. */
static int
insert_lines(struct patching *p, const struct gv_drift_key *left, uint32_t from,
    uint32_t sibling)
{
	const struct gv_doc *doc = &p->of->doc, *other = &left->of->doc;
	const struct gv_doc_node *n = &other->nodes[from];
	const struct gv_doc_node *s = &doc->nodes[sibling];
	struct gv_buf text = GV_BUF_INIT;
	size_t left_indent, indent, at, end, next, i;
	int r = 0;

	if (!indent_of(&left_indent, other, begin_of(n)) ||
	    !indent_of(&indent, doc, begin_of(s)))
		return 0;
	at = gv_doc_line_begin(other, begin_of(n));
	end = line_end(other, end_of(other, n));
	if (has_secret(&p->left, left->of, at, end - at))
		return 0;
	i = line_end(doc, end_of(doc, s));
	if (i > 0 && doc->text[i - 1] != '\n')
		gv_buf_addch(&text, '\n');
	for (; at < end; at = next) {
		next = line_end(other, at);
		for (r = 0; (size_t)r < left_indent && at < next &&
		     (other->text[at] == ' ' || other->text[at] == '\t');
		     r++)
			at++;
		if (at < next && other->text[at] != '\n')
			gv_buf_add(
			    &text, doc->text + begin_of(s) - indent, indent);
		add_for(&text, p, left->of->file.env,
		    (struct gv_drift_text){ other->text + at, next - at });
	}
	if (text.len && text.p[text.len - 1] != '\n')
		gv_buf_addch(&text, '\n');
	r = add_edit(p, i, 0, &text);
	gv_buf_release(&text);
	return r;
}

static bool
is_yaml(enum gv_doc_format format)
{
	return format == GV_DOC_FORMAT_YAML ||
	    format == GV_DOC_FORMAT_TEMPLATE || format == GV_DOC_FORMAT_COMPOSE;
}

static int
insert(struct patching *p, const struct gv_drift_finding *f)
{
	const struct gv_drift_key *left = f->left_key;
	const enum gv_doc_format format = p->of->doc.format;
	uint32_t sibling, from;

	if ((left->of->doc.format != format &&
		!(is_yaml(left->of->doc.format) && is_yaml(format))) ||
	    f->name_len > left->name_len ||
	    format == GV_DOC_FORMAT_DOCKERFILE || format == GV_DOC_FORMAT_XML)
		return 0;
	from = climb(&left->of->doc, left->node,
	    count_steps(
		left->name + f->name_len, left->name_len - f->name_len));
	sibling = find_sibling(p, f->role, left->name, f->name_len);
	if (sibling == GV_DOC_NONE || from == GV_DOC_NONE ||
	    left->of->doc.nodes[from].key_len == 0)
		return 0;
	if (has_secret(&p->left, left->of, begin_of(&left->of->doc.nodes[from]),
		left->of->doc.nodes[from].len))
		return 0;
	return format == GV_DOC_FORMAT_JSON || format == GV_DOC_FORMAT_HCL_JSON
	    ? insert_member(p, left, from, sibling)
	    : insert_lines(p, left, from, sibling);
}

static int
edit(struct patching *p, const struct gv_drift_finding *f)
{
	const struct gv_drift_key *left = f->left_key, *right = f->right_key;

	if (left == NULL || left->is_hidden || left->of->file.is_ignored ||
	    (right && (right->is_hidden || right->of->file.is_ignored)) ||
	    left->of->file.env == GV_DRIFT_SHARED)
		return 0;
	if (right == NULL || right->of->file.env == GV_DRIFT_SHARED)
		return f->kind && strcmp(f->kind, "element") == 0
		    ? 0
		    : insert(p, f);
	if (f->class == GV_DRIFT_RENAMED)
		return replace_name(p, left, right);
	return f->class == GV_DRIFT_MOVED ? 0 : replace_value(p, left, right);
}

/* The file of the right side that a finding would change; NULL: none. */
static const struct gv_drift_document *
file_of(const struct gv_drift_finding *f, unsigned env)
{
	const struct gv_drift_side *side;

	if (f->verdict != GV_DRIFT_DRIFT || f->role == NULL)
		return NULL;
	if (f->right_key && f->right_key->of->file.env != GV_DRIFT_SHARED)
		return f->right_key->of;
	side = &f->role->sides[env];
	return side->n == 1 ? side->files[0] : NULL;
}

/* ---- writing ------------------------------------------------------------- */

static bool
is_hidden(void *ctx, size_t at, size_t len)
{
	struct patching *p = ctx;

	return has_secret(&p->right, p->of, at, len);
}

static int
by_place(const void *a, const void *b)
{
	const struct edit *x = a, *y = b;

	/* what is inserted comes before what is replaced at the same place */
	return x->at != y->at ? (x->at > y->at) - (x->at < y->at)
			      : (x->len > y->len) - (x->len < y->len);
}

static void
apply(struct gv_buf *out, const struct patching *p)
{
	const struct gv_drift_file *file = &p->of->file;
	size_t at = 0, i;

	for (i = 0; i < p->n; i++) {
		gv_buf_add(out, file->text + at, p->edits[i].at - at);
		gv_buf_add(out, p->edits[i].text, p->edits[i].text_len);
		at = p->edits[i].at + p->edits[i].len;
	}
	gv_buf_add(out, file->text + at, file->len - at);
}

/* Whether what was read before still can be. */
static int
is_sound(bool *out, const struct patching *p, const struct gv_buf *text)
{
	struct gv_doc doc;
	int r;

	r = gv_doc_read(&doc, p->of->doc.format, text->p, text->len, NULL);
	if (r < 0)
		return r;
	*out = doc.n_errors <= p->of->doc.n_errors;
	gv_doc_release(&doc);
	return 0;
}

/* *done is whether the file is in the patch. */
static int
write_file(bool *done, struct patching *p)
{
	struct gv_buf text = GV_BUF_INIT;
	bool is = false;
	int r;

	*done = false;
	qsort(p->edits, p->n, sizeof(*p->edits), by_place);
	apply(&text, p);
	if ((r = gv_buf_check(&text)) < 0 || (r = is_sound(&is, p, &text)) < 0)
		goto out;
	if (is)
		r = gv_filepatch_add(&p->out->text, done,
		    &(struct gv_filepatch){ .path = p->of->file.path,
			.old = p->of->file.text,
			.old_len = p->of->file.len,
			.new = text.p,
			.new_len = text.len,
			.is_hidden = is_hidden,
			.ctx = p });
out:
	gv_buf_release(&text);
	return r;
}

/* All findings of one file. */
static int
patch_file(struct patching *p, unsigned env)
{
	bool done = false;
	size_t i, n = 0, all = 0;
	int r = 0;

	p->n = 0;
	p->role = NULL;
	free(p->marks);
	p->marks = calloc(1, p->of->file.len + 1);
	if (p->marks == NULL)
		return gv_err_nomem();
	for (i = 0; r >= 0 && i < p->report->n; i++) {
		const struct gv_drift_finding *f = &p->report->findings[i];

		const struct gv_drift_document *of = file_of(f, env);

		if (of == NULL || of != p->of)
			continue;
		all++;
		r = edit(p, f);
		n += r == 1;
	}
	if (r >= 0 && p->n > 0)
		r = write_file(&done, p);
	p->out->done += done ? n : 0;
	p->out->left += done ? all - n : all;
	return r < 0 ? r : 0;
}

int
gv_drift_patch(struct gv_drift_patch *out, const struct gv_drift *drift,
    const struct gv_drift_report *report)
{
	struct patching p = { .d = drift, .report = report, .out = out };
	const unsigned env = report->right;
	size_t i;
	int r = 0;

	memset(out, 0, sizeof(*out));
	out->text = (struct gv_buf)GV_BUF_INIT;
	for (i = 0; r == 0 && i < drift->n; i++) {
		p.of = drift->files[i];
		if (p.of->file.env == env)
			r = patch_file(&p, env);
	}
	for (i = 0; i < report->n; i++)
		out->left += report->findings[i].verdict == GV_DRIFT_DRIFT &&
		    file_of(&report->findings[i], env) == NULL;
	if (r == 0)
		r = gv_buf_check(&out->text);
	free(p.edits);
	free(p.marks);
	free(p.left.bytes);
	free(p.right.bytes);
	gv_arena_release(&p.arena);
	return r;
}

void
gv_drift_patch_release(struct gv_drift_patch *patch)
{
	gv_buf_release(&patch->text);
}
