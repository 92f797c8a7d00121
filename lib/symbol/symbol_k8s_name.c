#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "symbol/symbol_k8s.h"

/*
 * Names, namespaces and labels of objects of Kubernetes, as they are written,
 * and references by them.
 */

#define ANY_SCOPE  "*"
#define LABELS_MAX 64 /* more of them are not looked at */
/* A longer text is no name: names are repeated with all that is named in them,
 * and time has to grow with the bytes. */
#define SAID_MAX 1024

void
gv_symbol_object_release(struct gv_symbol_object *o)
{
	o->out->failed |= o->api.failed | o->kind.failed | o->name.failed |
	    o->scope.failed | o->text.failed | o->target.failed |
	    o->extra.failed;
	gv_buf_release(&o->api);
	gv_buf_release(&o->kind);
	gv_buf_release(&o->name);
	gv_buf_release(&o->scope);
	gv_buf_release(&o->text);
	gv_buf_release(&o->target);
	gv_buf_release(&o->extra);
}

bool
gv_symbol_ends(const struct gv_buf *b, const char *word)
{
	const size_t n = strlen(word);

	return b->len >= n && memcmp(b->p + b->len - n, word, n) == 0;
}

/* Kinds whose objects are in no namespace. */
bool
gv_symbol_is_cluster_wide(const char *kind, size_t len)
{
	static const char *const kinds[] = { "APIService", "CSIDriver",
		"ClusterExternalSecret", "ClusterIssuer", "ClusterPolicy",
		"ClusterRole", "ClusterRoleBinding", "ClusterSecretStore",
		"CustomResourceDefinition", "GatewayClass", "IngressClass",
		"MutatingWebhookConfiguration", "Namespace", "Node",
		"PersistentVolume", "PriorityClass", "RuntimeClass",
		"StorageClass", "ValidatingWebhookConfiguration",
		"VolumeSnapshotClass", "VolumeSnapshotContent" };
	const char *slash = memchr(kind, '/', len);
	const size_t n = slash ? (size_t)(slash - kind) : len;
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strlen(kinds[i]) == n && memcmp(kinds[i], kind, n) == 0)
			return true;
	return false;
}

unsigned
gv_symbol_namespace_flags(const struct gv_doc *doc, uint32_t node)
{
	static const char *const own[] = { "default", "kube-system",
		"kube-public", "kube-node-lease" };
	size_t i;

	for (i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (gv_symbol_says(doc, node, own[i]))
			return GV_SYMBOL_ELSEWHERE;
	return 0;
}

/* ---- texts --------------------------------------------------------------- */

/* Whether a word of Go's templates that decides what is written begins at p. */
static bool
is_control(const char *p, const char *end)
{
	static const char *const words[] = { "if", "else", "end", "range",
		"with" };
	size_t i, n;

	while (p < end && (*p == '-' || *p == ' '))
		p++;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		n = strlen(words[i]);
		if ((size_t)(end - p) > n && memcmp(p, words[i], n) == 0 &&
		    (p[n] == ' ' || p[n] == '}' || p[n] == '-'))
			return true;
	}
	return false;
}

/* A comment of a template. */
static bool
is_comment(const char *p, const char *end)
{
	while (p < end && (*p == '-' || *p == ' '))
		p++;
	return end - p >= 2 && memcmp(p, "/*", 2) == 0;
}

static bool
has_control(const struct gv_buf *text)
{
	const char *p = text->p, *end = text->p + text->len;

	while ((p = memmem(p, (size_t)(end - p), "{{", 2)) != NULL) {
		p += 2;
		if (is_control(p, end))
			return true;
	}
	return false;
}

bool
gv_symbol_said(struct gv_buf *out, const struct gv_doc *doc, uint32_t node,
    unsigned *flags)
{
	gv_buf_reset(out);
	if (node == 0 || !gv_symbol_scalar(out, doc, node))
		return false;
	if (out->len > SAID_MAX) {
		gv_buf_reset(out);
		return false;
	}
	if (has_control(out)) {
		gv_buf_reset(out);
		gv_buf_addch(out, '*');
		*flags |= GV_SYMBOL_PATTERN;
	} else if (gv_symbol_fold(out)) {
		*flags |= GV_SYMBOL_PATTERN;
	}
	return true;
}

bool
gv_symbol_says(const struct gv_doc *doc, uint32_t node, const char *text)
{
	node = gv_doc_follow(doc, node);
	return node != 0 && node != GV_DOC_NONE && gv_doc_is(doc, node, text);
}

bool
gv_symbol_kind_is(const struct gv_symbol_object *o, const char *kind)
{
	return strcmp(o->kind.p, kind) == 0;
}

bool
gv_symbol_group_is(const struct gv_symbol_object *o, const char *group)
{
	const char *slash = memchr(o->api.p, '/', o->api.len);
	const size_t n = slash ? (size_t)(slash - o->api.p) : 0;

	return memchr(o->api.p, '*', o->api.len) != NULL ||
	    (strlen(group) == n && memcmp(group, o->api.p, n) == 0);
}

/* ---- references ---------------------------------------------------------- */

/* The namespace of a target: as it is written, else that of the object. One
 * that is computed as a whole is that of the release. */
static void
add_scope(struct gv_symbol_object *o, struct gv_symbol_row *row, uint32_t node)
{
	unsigned flags = 0;

	if (gv_symbol_is_cluster_wide(row->name, row->name_len))
		return;
	if (gv_symbol_said(&o->text, o->doc, node, &flags)) {
		if (strcmp(o->text.p, "*") == 0)
			gv_buf_reset(&o->text);
	} else if (gv_symbol_is_cluster_wide(o->kind.p, o->kind.len)) {
		gv_buf_addstr(&o->text, ANY_SCOPE);
	} else {
		gv_buf_add(&o->text, o->scope.p, o->scope.len);
	}
	row->scope = o->text.p;
	row->scope_len = o->text.len;
}

/* key: a, or items: [{key: a}, {key: b}] as "a,b". */
static void
add_keys(struct gv_symbol_object *o, uint32_t keys)
{
	unsigned flags = 0;
	uint32_t i;

	gv_buf_reset(&o->extra);
	if (keys == 0 || keys == GV_DOC_NONE)
		return;
	if (o->doc->nodes[keys].kind != GV_DOC_LIST) {
		gv_symbol_said(&o->extra, o->doc, keys, &flags);
		return;
	}
	for (i = gv_doc_first(o->doc, keys); i != GV_DOC_NONE;
	     i = gv_doc_next(o->doc, i)) {
		if (!gv_symbol_said(
			&o->text, o->doc, gv_doc_get(o->doc, i, "key"), &flags))
			continue;
		if (o->extra.len)
			gv_buf_addch(&o->extra, ',');
		gv_buf_add(&o->extra, o->text.p, o->text.len);
	}
}

void
gv_symbol_refer(
    struct gv_symbol_object *o, const struct gv_symbol_target *target)
{
	struct gv_symbol_row row = { .kind = GV_SYMBOL_REFERENCE,
		.how = GV_SYMBOL_BY_NAME,
		.word = target->edge,
		.space = target->space,
		.in = o->id };
	unsigned flags = target->flags;

	if (row.space == 0)
		row.space = GV_SYMBOL_SPACE_K8S_OBJECT;
	gv_buf_reset(&o->target);
	if (gv_symbol_said(&o->text, o->doc, target->kind_node, &flags))
		gv_buf_add(&o->target, o->text.p, o->text.len);
	else
		gv_buf_addstr(&o->target, target->kind);
	gv_buf_addch(&o->target, '/');
	if (!gv_symbol_said(&o->text, o->doc, target->name, &flags))
		return;
	gv_buf_add(&o->target, o->text.p, o->text.len);
	if (gv_symbol_says(o->doc, target->optional, "true"))
		flags |= GV_SYMBOL_OPTIONAL;
	add_keys(o, target->keys);
	row.line = gv_symbol_line(o->doc, target->name);
	row.flags = (uint16_t)flags;
	row.name = o->target.p;
	row.name_len = o->target.len;
	row.extra = o->extra.p;
	row.extra_len = o->extra.len;
	add_scope(o, &row, target->scope);
	gv_symbol_add(o->out, &row);
}

/* ---- definitions --------------------------------------------------------- */

uint32_t
gv_symbol_makes(struct gv_symbol_object *o, const char *kind, uint32_t name)
{
	struct gv_symbol_row row = { .kind = GV_SYMBOL_DEFINITION,
		.word = GV_SYMBOL_SPACE_K8S_OBJECT,
		.in = o->id };
	unsigned flags = 0;

	gv_buf_reset(&o->target);
	gv_buf_addstr(&o->target, kind);
	gv_buf_addch(&o->target, '/');
	if (gv_symbol_said(&o->text, o->doc, name, &flags)) {
		gv_buf_add(&o->target, o->text.p, o->text.len);
		row.line = gv_symbol_line(o->doc, name);
	} else {
		gv_buf_add(&o->target, o->name.p, o->name.len);
		row.line = gv_symbol_line(o->doc, o->root);
	}
	/* made of an object, under a name of which nothing is known */
	if (o->id != GV_SYMBOL_NONE && gv_symbol_ends(&o->target, "/*")) {
		gv_buf_reset(&o->target);
		return GV_SYMBOL_NONE;
	}
	if (memchr(o->target.p, '*', o->target.len))
		flags |= GV_SYMBOL_PATTERN;
	row.flags = (uint16_t)flags;
	row.name = o->target.p;
	row.name_len = o->target.len;
	if (!gv_symbol_is_cluster_wide(kind, strlen(kind))) {
		row.scope = o->scope.p;
		row.scope_len = o->scope.len;
	}
	return gv_symbol_add(o->out, &row);
}

void
gv_symbol_too(struct gv_symbol_object *o, enum gv_symbol_space space)
{
	gv_buf_reset(&o->target);
	gv_buf_addf(&o->target, "%s/%s", o->kind.p, o->name.p);
	gv_symbol_add(o->out,
	    &(struct gv_symbol_row){ .kind = GV_SYMBOL_DEFINITION,
		.word = (uint16_t)space,
		.flags = memchr(o->target.p, '*', o->target.len)
		    ? GV_SYMBOL_PATTERN
		    : 0,
		.line = gv_symbol_line(o->doc, o->root),
		.in = o->id,
		.name = o->target.p,
		.name_len = o->target.len,
		.scope = o->scope.p,
		.scope_len = o->scope.len });
}

void
gv_symbol_has_key(struct gv_symbol_object *o, enum gv_symbol_space space,
    const char *key, uint32_t node)
{
	if (o->target.len == 0)
		return;
	gv_buf_reset(&o->extra);
	gv_buf_add(&o->extra, o->target.p, o->target.len);
	gv_buf_addch(&o->extra, '#');
	gv_buf_addstr(&o->extra, key ? key : "*");
	gv_symbol_add(o->out,
	    &(struct gv_symbol_row){ .kind = GV_SYMBOL_DEFINITION,
		.word = (uint16_t)space,
		.flags = memchr(o->extra.p, '*', o->extra.len)
		    ? GV_SYMBOL_PATTERN
		    : 0,
		.line = gv_symbol_line(o->doc, node),
		.in = o->id,
		.name = o->extra.p,
		.name_len = o->extra.len,
		.scope = o->scope.p,
		.scope_len = o->scope.len });
}

/* ---- labels -------------------------------------------------------------- */

/* Where the text of a node and all that is in it ends. */
static const char *
end_of(const struct gv_doc *doc, uint32_t node)
{
	const uint32_t next = doc->nodes[node].next;

	if (next >= doc->n)
		return doc->text + doc->len;
	return doc->text +
	    (doc->nodes[next].key_len ? doc->nodes[next].key_at
				      : doc->nodes[next].at);
}

/* The next template that stands for a line or a value: what is behind its "{{";
 * NULL: there is none. `p` is where to begin. */
static const char *
next_template(const struct gv_doc *doc, const char *p, const char *end)
{
	const char *at;

	for (; p < end && (p = memmem(p, (size_t)(end - p), "{{", 2)) != NULL;
	     p += 2) {
		for (at = p; at > doc->text && at[-1] == ' ';)
			at--;
		if ((at == doc->text || at[-1] == '\n' || at[-1] == ':') &&
		    !is_control(p + 2, end) && !is_comment(p + 2, end))
			return p + 2;
	}
	return NULL;
}

static const char *
begin_of(const struct gv_doc *doc, uint32_t node)
{
	const struct gv_doc_node *n = &doc->nodes[node];

	return doc->text + (n->key_len ? n->key_at : n->at);
}

bool
gv_symbol_has_template(const struct gv_doc *doc, uint32_t node)
{
	return doc->format == GV_DOC_FORMAT_TEMPLATE &&
	    next_template(doc, begin_of(doc, node), end_of(doc, node));
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void
gv_symbol_join_sorted(
    struct gv_buf *out, struct gv_buf *texts, const size_t *at, size_t n)
{
	const char *sorted[LABELS_MAX] = { NULL };
	size_t i;

	n = n < LABELS_MAX ? n : LABELS_MAX;
	if (texts->failed) {
		out->failed = true;
		return;
	}
	for (i = 0; i < n; i++)
		sorted[i] = texts->p + at[i];
	qsort(sorted, n, sizeof(*sorted), compare);
	for (i = 0; i < n; i++) {
		if (i > 0)
			gv_buf_addch(out, ',');
		gv_buf_addstr(out, sorted[i]);
	}
}

struct labels {
	struct gv_buf texts, part;
	size_t at[LABELS_MAX], n;
};

static void
begin_label(struct labels *l)
{
	l->at[l->n++] = l->texts.len;
}

/* A label that the cluster puts on pods, and no file: a Service of one pod of a
 * set selects by it. */
static bool
is_of_cluster(const struct gv_buf *name)
{
	static const char *const names[] = {
		"statefulset.kubernetes.io/pod-name",
		"apps.kubernetes.io/pod-index", "pod-template-hash",
		"controller-revision-hash", "pod-template-generation",
		"batch.kubernetes.io/job-name",
		"batch.kubernetes.io/controller-uid",
		"batch.kubernetes.io/job-completion-index", "job-name",
		"controller-uid"
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name->p, names[i]) == 0)
			return true;
	return false;
}

static void
add_labels(
    struct labels *l, const struct gv_doc *doc, uint32_t map, unsigned *flags)
{
	uint32_t i;

	if (map == GV_DOC_NONE)
		return;
	if (gv_symbol_has_template(doc, map))
		*flags |= GV_SYMBOL_PATTERN;
	if (doc->nodes[map].kind != GV_DOC_MAP)
		return;
	for (i = gv_doc_first(doc, map); i != GV_DOC_NONE && l->n < LABELS_MAX;
	     i = gv_doc_next(doc, i)) {
		gv_symbol_key(&l->part, doc, i);
		if (is_of_cluster(&l->part))
			continue;
		begin_label(l);
		if (gv_symbol_fold(&l->part))
			*flags |= GV_SYMBOL_PATTERN;
		gv_buf_add(&l->texts, l->part.p, l->part.len);
		gv_buf_addch(&l->texts, '=');
		gv_symbol_said(&l->part, doc, i, flags);
		gv_buf_add(&l->texts, l->part.p, l->part.len);
		gv_buf_addch(&l->texts, '\0');
	}
}

static bool
skip_word(const char **p, const char *end, const char *word)
{
	const size_t n = strlen(word);

	while (*p < end && (**p == ' ' || **p == '-'))
		++*p;
	if ((size_t)(end - *p) < n || memcmp(*p, word, n) != 0)
		return false;
	*p += n;
	return true;
}

/* {{- include "web.selectorLabels" . | nindent 4 }} is whatever labels that
 * has: a label of its own, "{{web.selectorLabels}}". */
static void
add_includes(struct labels *l, const struct gv_doc *doc, uint32_t map)
{
	const char *p, *end, *name, *close, *stop;

	if (map == GV_DOC_NONE || doc->format != GV_DOC_FORMAT_TEMPLATE)
		return;
	end = end_of(doc, map);
	for (p = begin_of(doc, map);
	     l->n < LABELS_MAX && (p = next_template(doc, p, end)) != NULL;) {
		name = p;
		stop = memchr(p, '\n', (size_t)(end - p));
		stop = stop ? stop : end;
		if (!skip_word(&name, stop, "include") &&
		    !skip_word(&name, stop, "template"))
			continue;
		if (!skip_word(&name, stop, "\"") ||
		    (close = memchr(name, '"', (size_t)(stop - name))) ==
			NULL ||
		    memchr(name, ',', (size_t)(close - name)))
			continue;
		begin_label(l);
		gv_buf_addstr(&l->texts, "{{");
		gv_buf_add(&l->texts, name, (size_t)(close - name));
		gv_buf_addstr(&l->texts, "}}");
		gv_buf_addch(&l->texts, '\0');
	}
}

static void
finish_labels(struct gv_buf *out, struct labels *l)
{
	gv_symbol_join_sorted(out, &l->texts, l->at, l->n);
	out->failed |= l->part.failed;
	gv_buf_release(&l->texts);
	gv_buf_release(&l->part);
}

void
gv_symbol_labels(
    struct gv_buf *out, const struct gv_doc *doc, uint32_t map, unsigned *flags)
{
	struct labels l = { .texts = GV_BUF_INIT, .part = GV_BUF_INIT };

	gv_buf_reset(out);
	add_labels(&l, doc, map, flags);
	/* where labels are written, they tell more than a name does */
	if (l.n == 0)
		add_includes(&l, doc, map);
	finish_labels(out, &l);
}

void
gv_symbol_pod_labels(struct gv_buf *out, const struct gv_doc *doc,
    uint32_t labels, uint32_t selector, unsigned *flags)
{
	struct labels l = { .texts = GV_BUF_INIT, .part = GV_BUF_INIT };

	gv_buf_reset(out);
	add_labels(&l, doc, labels, flags);
	add_includes(&l, doc, labels);
	add_includes(&l, doc, selector);
	finish_labels(out, &l);
}

uint32_t
gv_symbol_get(const struct gv_symbol_object *o, uint32_t map, const char *key)
{
	return gv_doc_get(o->doc, map, key);
}

uint32_t
gv_symbol_spec(const struct gv_symbol_object *o)
{
	return gv_symbol_get(o, o->root, "spec");
}

const struct gv_symbol_reader *
gv_symbol_reader_find(const struct gv_symbol_object *o,
    const struct gv_symbol_reader *kinds, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (gv_symbol_kind_is(o, kinds[i].kind) &&
		    (kinds[i].group == NULL ||
			gv_symbol_group_is(o, kinds[i].group)))
			return &kinds[i];
	return NULL;
}
