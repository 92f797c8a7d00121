#include "toolstate/state_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"

/*
 * Objects of a Kubernetes cluster, as `kubectl get … -o json` prints them.
 *
 *	{ "apiVersion": "v1", "kind": "List", "items": [ { "apiVersion":
 *	  "apps/v1", "kind": "Deployment", "metadata": { "name", "namespace",
 *	    "uid", "labels": {…}, "annotations": {…}, "ownerReferences": [ {
 *	    "apiVersion", "kind", "name" } ], … }, "spec": {…}, "data": {…},
 *	    "stringData": {…}, "type", "status": {…} } ] }
 *
 * A cluster itself gives lists of one kind (PodList), whose items do not say
 * theirs. One object stands by itself, and is one piece for that.
 *
 * An address is what kubectl calls an object by with `-o name`, behind its
 * namespace: prod/deployment.apps/web. The plural, deployments.apps, the object
 * does not tell; and the version of the API is not part of it, so that it is
 * the same object when a cluster prefers a later one.
 *
 * A release of Helm is a Secret, or a ConfigMap, for each revision, whose
 * labels say its name, version and status; what it holds: state_helm.c.
 */

/* Of names and kinds, which a cluster does not let be longer: they stand in the
 * needs of an object many times. */
#define NAME_MAX_LEN 320

/* A mark until it is known whether the object is a Secret. */
#define IF_SECRET (1U << 31)

struct kubernetes {
	/* of the document */
	char kind[64], version[128]; /* of a list of one kind */
	bool has_version, has_kind, has_metadata, has_items;
	bool has_long_data; /* more than is looked ahead */
	/* of its members, wherever they stand */
	bool says_version, says_items, says_kind;
	uint64_t objects;
	uint64_t shut; /* releases that cannot be unpacked, and the first one */
	char first_shut[100];
	struct gv_buf address;
};

/* What an object is known by. */
struct object {
	struct gv_state_text version, kind, name, space;
	bool is_secret, is_helm, is_pending;
	struct gv_jsontext_token owners; /* a list; p is NULL: none */
};

/* ---- the document ---- */

/* v1, apps/v1beta1. */
static bool
is_version(const struct gv_state_text *t)
{
	const char *p;
	size_t i;

	if (t->p == NULL || t->len == 0 || t->len > NAME_MAX_LEN || t->escaped)
		return false;
	p = t->p;
	for (i = t->len; i > 0 && p[i - 1] != '/'; i--)
		;
	return i != 1 && t->len - i >= 2 && p[i] == 'v' && p[i + 1] >= '0' &&
	    p[i + 1] <= '9';
}

static bool
is_name(const struct gv_state_text *t)
{
	return t->p && t->len > 0 && t->len <= NAME_MAX_LEN;
}

/* "DeploymentList" is one of a Deployment. */
static size_t
list_of(const char *kind)
{
	size_t len = strlen(kind), end = strlen("List");

	return len > end && strcmp(kind + len - end, "List") == 0 ? len - end
								  : 0;
}

static bool
is_kind(const struct object *o, const char *kind)
{
	return o->kind.p &&
	    gv_jsontext_is(o->kind.p, o->kind.len, o->kind.escaped, kind);
}

/* A copy that lasts as long as the run; nothing of what does not fit. */
static void
keep(char *out, size_t size, const struct gv_state_text *t)
{
	if (t->p == NULL || t->escaped || t->len >= size)
		return;
	memcpy(out, t->p, t->len);
	out[t->len] = '\0';
}

static void
kubernetes_ahead(void *own, const struct gv_jsontext_token *token,
    const struct gv_jsontext *j)
{
	static const char *const names[] = { "apiVersion", "kind", "metadata",
		"items", "data", "binaryData" };
	struct gv_state_text text = gv_state_text_of(token);
	struct gv_jsontext in = *j;
	struct kubernetes *k = own;

	switch (gv_state_key(token, names, sizeof(names) / sizeof(names[0]))) {
	case 0:
		k->has_version = is_version(&text);
		if (k->has_version)
			keep(k->version, sizeof(k->version), &text);
		break;
	case 1:
		k->has_kind = is_name(&text);
		keep(k->kind, sizeof(k->kind), &text);
		break;
	case 2:
		k->has_metadata = token->kind == GV_JSONTEXT_MAP;
		break;
	case 3:
		k->has_items = token->kind == GV_JSONTEXT_LIST;
		break;
	case 4:
	case 5:
		k->has_long_data = token->kind == GV_JSONTEXT_MAP &&
		    gv_state_skip(&in, token) <= 0;
		break;
	default:
		break;
	}
}

/* Whether the document is one object. kubectl sorts keys, so that before the
 * kind of a ConfigMap there may be more data than can be looked at ahead. */
static bool
is_object(const struct kubernetes *k)
{
	if (!k->has_version || k->has_items)
		return false;
	return k->has_kind ? k->has_metadata
			   : k->has_long_data && !k->has_metadata;
}

static bool
kubernetes_whole(
    const void *own, const struct gv_jsontext_level *levels, size_t n)
{
	return n == 1 && levels[0].is_map && is_object(own);
}

static int
kubernetes_member(void *own, const struct gv_jsontext_token *token)
{
	static const char *const names[] = { "apiVersion", "kind", "items" };
	size_t which = gv_state_key(token, names, 3);
	struct kubernetes *k = own;

	k->says_version |= which == 0;
	k->says_kind |= which == 1;
	k->says_items |= which == 2;
	return 0;
}

/* kubectl sorts keys, so a list in YAML that is cut off between two lines has
 * its kind no more, and is YAML all the same. */
static void
say_odd(const struct kubernetes *k, struct gv_state_info *info)
{
	if (info->damage[0] == '\0' && k->objects > 0 && k->says_version &&
	    k->says_items && !k->says_kind)
		(void)snprintf(info->damage, sizeof(info->damage),
		    "it is a list that does not say its kind, as one that is "
		    "cut off");
	if (k->shut)
		(void)snprintf(info->warning, sizeof(info->warning),
		    "%" PRIu64 " of its releases of Helm cannot be unpacked, "
		    "the first one is %s",
		    k->shut, k->first_shut);
}

static bool
kubernetes_claim(const void *own, struct gv_state_info *info)
{
	const struct kubernetes *k = own;
	bool is_list =
	    strcmp(k->kind, "List") == 0 || (k->kind[0] && list_of(k->kind));

	say_odd(k, info);
	/* a list may have nothing in it */
	return k->objects > 0 || (k->has_version && k->has_items && is_list);
}

/* ---- objects ---- */

/* The name, in a map of metadata that began. */
static void
find_name(struct object *o, struct gv_jsontext *j)
{
	static const char *const names[] = { "name", "namespace" };
	struct gv_jsontext_token t;
	struct gv_state_text text;
	size_t which;

	while (gv_jsontext_value(j, &t) > 0 && t.kind != GV_JSONTEXT_MAP_END) {
		which = gv_state_key(&t, names, 2);
		text = gv_state_text_of(&t);
		if (which < 2 && is_name(&text))
			*(which ? &o->space : &o->name) = text;
	}
}

/* What the list is of, where its items do not say. */
static void
take_from_list(const struct kubernetes *k, struct object *o)
{
	struct gv_state_text none = { NULL, 0, false };

	if (o->kind.p == NULL) {
		none.len = list_of(k->kind);
		none.p = none.len ? k->kind : NULL;
		o->kind = none;
	}
	if (o->version.p == NULL && k->version[0]) {
		none.p = k->version;
		none.len = strlen(k->version);
		o->version = none;
	}
}

static bool
take_identity(struct object *o, size_t which, const struct gv_state_text *text)
{
	if (which == 0 && is_version(text))
		o->version = *text;
	else if (which == 1 && is_name(text))
		o->kind = *text;
	else
		return false;
	return true;
}

static void
add_lower(struct gv_buf *out, const struct gv_state_text *t)
{
	size_t i = out->len;

	gv_state_text_add(out, t);
	for (; i < out->len; i++) {
		if (out->p[i] >= 'A' && out->p[i] <= 'Z')
			out->p[i] = (char)(out->p[i] - 'A' + 'a');
	}
}

/* prod/deployment.apps/web; node/one, which is in no namespace. */
static void
add_address(struct gv_buf *out, const struct object *o)
{
	const char *slash =
	    o->version.len ? memchr(o->version.p, '/', o->version.len) : NULL;

	if (o->space.p) {
		gv_state_text_add(out, &o->space);
		gv_buf_addch(out, '/');
	}
	add_lower(out, &o->kind);
	if (slash) {
		gv_buf_addch(out, '.');
		gv_buf_add(out, o->version.p, (size_t)(slash - o->version.p));
	}
	gv_buf_addch(out, '/');
	gv_state_text_add(out, &o->name);
}

/* What an object is called; no further than until that is known. */
static bool
name_object(const struct kubernetes *k, const struct gv_jsontext_token *whole,
    struct gv_buf *name)
{
	static const char *const names[] = { "apiVersion", "kind", "metadata" };
	struct object o = { .is_secret = false };
	struct gv_state_text text;
	struct gv_jsontext_token t;
	struct gv_jsontext j;
	size_t which;

	gv_jsontext_init(&j, whole->p, whole->len);
	if (gv_jsontext_next(&j, &t) <= 0)
		return false;
	while (!(o.version.p && o.kind.p && o.name.p) &&
	    gv_jsontext_next(&j, &t) > 0 && t.kind != GV_JSONTEXT_MAP_END) {
		which = gv_state_key(&t, names, 3);
		text = gv_state_text_of(&t);
		if (which == 2 && t.kind == GV_JSONTEXT_MAP)
			find_name(&o, &j);
		else if (!take_identity(&o, which, &text))
			(void)gv_state_skip(&j, &t);
	}
	take_from_list(k, &o);
	if (!(o.version.p && o.kind.p && o.name.p))
		return false;
	add_address(name, &o);
	return true;
}

static enum gv_state_unit
kubernetes_unit(
    void *own, const struct gv_jsontext_piece *piece, struct gv_buf *name)
{
	const struct kubernetes *k = own;
	bool is_one = piece->n_levels == 0 ||
	    (piece->n_levels == 2 &&
		gv_state_is_level(&piece->levels[1], false, "items"));

	if (!is_one || piece->token.kind != GV_JSONTEXT_MAP ||
	    (piece->n_levels == 0 && !is_object(k)) ||
	    !name_object(k, &piece->token, name))
		return GV_STATE_OTHER;
	return GV_STATE_BODY;
}

/* ---- what an object has ---- */

/* A map, which began, has an attribute for each member; what is no map is one.
 */
static int
read_each(struct gv_state_items *items, struct gv_jsontext *j,
    struct gv_jsontext_token *t, const char *const prefixes[2], unsigned marks)
{
	if (t->kind == GV_JSONTEXT_MAP)
		return gv_state_items_members(items, j, prefixes[1], marks);
	(void)gv_state_whole(j, t);
	return gv_state_items_named(items, prefixes[0], NULL, t, marks);
}

/* Helm writes down what it is about to do: that of a release whose status is
 * pending-upgrade may not have ended. */
static void
look_at_labels(struct object *o, const struct gv_state_items *items, size_t at)
{
	static const char key[] = "metadata.labels.status",
			  pending[] = "\"pending-";
	const struct gv_state_attribute *a;

	for (; o->is_helm && at < items->n_attributes; at++) {
		a = &items->attributes[at];
		if (a->name_len == sizeof(key) - 1 &&
		    memcmp(a->name, key, a->name_len) == 0 &&
		    a->value_len > sizeof(pending) - 1 &&
		    memcmp(a->value, pending, sizeof(pending) - 1) == 0)
			o->is_pending = true;
	}
}

/* A member of the metadata, which began. Annotations of a Secret may repeat all
 * of it, as kubectl apply and others keep there what they were given. */
static int
read_metadata_member(struct object *o, struct gv_state_items *items,
    struct gv_jsontext *j, struct gv_jsontext_token *t)
{
	static const char *const names[] = { "name", "namespace", "labels",
		"annotations", "ownerReferences", "deletionTimestamp" };
	static const char *const labels[] = { "metadata.", "metadata.labels." };
	static const char *const notes[] = { "metadata.",
		"metadata.annotations." };
	size_t which = gv_state_key(t, names, sizeof(names) / sizeof(names[0]));
	struct gv_state_text text = gv_state_text_of(t);

	if (which < 2 && is_name(&text)) {
		*(which ? &o->space : &o->name) = text;
		return 0;
	}
	if (which == 2)
		return read_each(items, j, t, labels, 0);
	if (which == 3)
		return read_each(items, j, t, notes, IF_SECRET);
	(void)gv_state_whole(j, t);
	if (which == 4 && t->kind == GV_JSONTEXT_LIST)
		o->owners = *t;
	if (which == 5 && t->kind == GV_JSONTEXT_TEXT)
		o->is_pending = true;
	return gv_state_items_named(items, "metadata.", NULL, t, 0);
}

static int
read_metadata(struct object *o, struct gv_state_items *items,
    struct gv_jsontext *j, struct gv_jsontext_token *map)
{
	struct gv_jsontext_token t;
	int r = 0;

	if (map->kind != GV_JSONTEXT_MAP) {
		(void)gv_state_whole(j, map);
		return gv_state_items_attribute(items, map, 0);
	}
	while (r == 0 && gv_jsontext_next(j, &t) > 0 &&
	    t.kind != GV_JSONTEXT_MAP_END)
		r = read_metadata_member(o, items, j, &t);
	return r;
}

/* A member of the object, which began. */
static int
read_object_member(struct object *o, struct gv_state_items *items,
    struct gv_jsontext *j, struct gv_jsontext_token *t)
{
	static const char *const names[] = { "apiVersion", "kind", "metadata",
		"spec", "data", "stringData", "binaryData", "type" };
	static const char *const under[][2] = { { "", "spec." },
		{ "", "data." }, { "", "stringData." }, { "", "binaryData." } };
	size_t which = gv_state_key(t, names, sizeof(names) / sizeof(names[0]));
	struct gv_state_text text = gv_state_text_of(t);

	if (which == 1 && gv_state_text_is(t, "Secret"))
		o->is_secret = true;
	if (which < 2 && take_identity(o, which, &text))
		return 0;
	if (which == 2)
		return read_metadata(o, items, j, t);
	if (which >= 3 && which <= 6)
		return read_each(
		    items, j, t, under[which - 3], which == 3 ? 0 : IF_SECRET);
	if (which == 7 && gv_state_text_is(t, "helm.sh/release.v1"))
		o->is_helm = true;
	(void)gv_state_whole(j, t);
	return gv_state_items_attribute(items, t, 0);
}

/* The object that an owner's reference means, in the same namespace, as a
 * cluster has it but for some that are in none. */
static int
read_owner(struct kubernetes *k, struct gv_state_items *items,
    struct gv_jsontext *j, const struct gv_state_text *space)
{
	static const char *const names[] = { "apiVersion", "kind", "name" };
	struct object o = { .is_secret = false };
	struct gv_jsontext_token t;
	struct gv_state_text text;
	size_t which;

	while (gv_jsontext_value(j, &t) > 0 && t.kind != GV_JSONTEXT_MAP_END) {
		which = gv_state_key(&t, names, 3);
		text = gv_state_text_of(&t);
		if (which == 2 && is_name(&text))
			o.name = text;
		else
			(void)take_identity(&o, which, &text);
	}
	if (!(o.version.p && o.kind.p && o.name.p))
		return 0;
	if (!is_kind(&o, "Node"))
		o.space = *space;
	gv_buf_reset(&k->address);
	add_address(&k->address, &o);
	return gv_state_items_need_of(items, &k->address);
}

static int
read_owners(
    struct kubernetes *k, struct gv_state_items *items, const struct object *o)
{
	struct gv_jsontext_token t;
	struct gv_jsontext j;
	int r = 0;

	if (o->owners.p == NULL)
		return 0;
	gv_jsontext_init(&j, o->owners.p, o->owners.len);
	(void)gv_jsontext_next(&j, &t);
	while (r == 0 && gv_jsontext_next(&j, &t) > 0 &&
	    t.kind != GV_JSONTEXT_LIST_END) {
		if (t.kind == GV_JSONTEXT_MAP)
			r = read_owner(k, items, &j, &o->space);
		else
			(void)gv_state_skip(&j, &t);
	}
	return r;
}

/* A ConfigMap has no type: what a revision is called counts, too. */
static bool
is_helm(const struct object *o)
{
	static const char begin[] = "sh.helm.release.v1.";

	return o->is_helm ||
	    (o->name.len > sizeof(begin) - 1 &&
		memcmp(o->name.p, begin, sizeof(begin) - 1) == 0);
}

static void
settle_marks(const struct object *o, struct gv_state_items *items, size_t at)
{
	struct gv_state_attribute *a;

	for (; at < items->n_attributes; at++) {
		a = &items->attributes[at];
		if (!(a->marks & IF_SECRET))
			continue;
		a->marks &= ~IF_SECRET;
		if (o->is_secret || o->is_helm)
			a->marks |= GV_STATE_SENSITIVE;
	}
}

/* What a release holds, behind what its object has. *is_shut: it has some of
 * which nothing can be read. */
static int
read_release(struct gv_state_items *items, size_t at, bool *is_shut)
{
	static const char name[] = "data.release";
	const bool can_open = items->source && items->source->unpack;
	size_t end = items->n_attributes;
	const struct gv_state_attribute *a;
	int r;

	for (; at < end; at++) {
		a = &items->attributes[at];
		if (a->name_len == sizeof(name) - 1 &&
		    memcmp(a->name, name, a->name_len) == 0 &&
		    a->value_len > 2 && a->value[0] == '"') {
			r = gv_state_helm_read(
			    items, a->value + 1, a->value_len - 2);
			*is_shut =
			    r == 0 && can_open && items->n_attributes == end;
			return r;
		}
	}
	return 0;
}

static int
finish_object(struct kubernetes *k, struct object *o,
    struct gv_state_items *items, struct gv_state_item *item, size_t first[2])
{
	static const char helm[] = "helm.sh/release.v1";
	bool is_shut = false;
	int r;

	take_from_list(k, o);
	o->is_helm = is_helm(o);
	o->is_secret |= is_kind(o, "Secret");
	settle_marks(o, items, first[0]);
	look_at_labels(o, items, first[0]);
	r = o->is_helm ? read_release(items, first[0], &is_shut) : 0;
	if (r < 0)
		return r;
	item->type = o->is_helm ? helm : o->kind.p;
	item->type_len = o->is_helm ? sizeof(helm) - 1 : o->kind.len;
	item->provider = o->version.p;
	item->provider_len = o->version.len;
	if (o->is_secret || o->is_helm)
		item->marks |= GV_STATE_SENSITIVE;
	if (o->is_pending)
		item->marks |= GV_STATE_PENDING;
	gv_buf_reset(&k->address);
	add_address(&k->address, o);
	if (is_shut && k->shut++ == 0)
		(void)snprintf(k->first_shut, sizeof(k->first_shut), "%s",
		    gv_buf_check(&k->address) < 0 ? "" : k->address.p);
	return gv_state_items_close(
	    items, item, &k->address, first[0], first[1]);
}

static int
kubernetes_read(void *own, const struct gv_jsontext_piece *piece,
    struct gv_state_items *items)
{
	const struct gv_jsontext_token *whole = &piece->token;
	struct gv_state_item item = { .text = whole->p, .len = whole->len };
	size_t first[2] = { items->n_attributes, items->n_needs };
	struct object o = { .is_secret = false };
	struct kubernetes *k = own;
	struct gv_jsontext_token t;
	struct gv_jsontext j;
	int r = 0;

	gv_jsontext_init(&j, whole->p, whole->len);
	(void)gv_jsontext_next(&j, &t);
	while (r == 0 && gv_jsontext_next(&j, &t) > 0 &&
	    t.kind != GV_JSONTEXT_MAP_END)
		r = read_object_member(&o, items, &j, &t);
	if (r < 0 || (r = read_owners(k, items, &o)) < 0)
		return r;
	k->objects++;
	return finish_object(k, &o, items, &item, first);
}

static void
kubernetes_release(void *own)
{
	struct kubernetes *k = own;

	gv_buf_release(&k->address);
}

const struct gv_state_handler gv_state_kubernetes = {
	.tool = "kubernetes",
	.memory = sizeof(struct kubernetes),
	.is_open = true,
	.ahead = kubernetes_ahead,
	.whole = kubernetes_whole,
	.member = kubernetes_member,
	.unit = kubernetes_unit,
	.read = kubernetes_read,
	.claim = kubernetes_claim,
	.release = kubernetes_release,
	.salvage = &gv_state_kubernetes_salvage,
};
