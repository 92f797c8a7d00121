#include "toolstate/state_internal.h"

#include <string.h>

#include "base/err.h"

/*
 * Docker: lists of objects, as `docker service|container|network|volume|secret|
 * config inspect` print them, and a project, as `docker compose config --format
 * json` does.
 *
 *	[ { "ID", "Spec": { "Name": "shop_web", "TaskTemplate": {
 *	      "ContainerSpec": { "Image", "Env": [ … ], "Secrets": [ {
 *	        "SecretName" } ], "Configs": [ { "ConfigName" } ] } } } } ]
 *	[ { "Id", "Name": "/web", "Config": { "Env": [ … ] }, "HostConfig": {…},
 *	    "NetworkSettings": { "Networks": {…} }, "Mounts": [ … ] } ]
 *	[ { "Name", "Id", "Scope", "Driver", "IPAM": {…} } ]
 *	[ { "Name", "Driver", "Mountpoint", "Scope", "Options": {…} } ]
 *
 *	{ "name", "services": { NAME: { "image", "environment": {…},
 *	    "depends_on": {…}, "secrets": [ { "source" } ] } }, "networks": {…},
 *	  "volumes": {…}, "secrets": {…}, "configs": {…} }
 *
 * An inspected object does not say what it is, and is known by its members. It
 * goes by this and its name, service/shop_web; one that was made again under
 * its name has another ID. Nobody can say of an environment, of options of a
 * volume (a share has its password there) or of what builds are given that they
 * hold no secret.
 */

enum kind {
	SERVICE,
	CONTAINER,
	NETWORK,
	VOLUME,
	SECRET,
	CONFIG,
	NONE,
};

static const char *const kinds[] = {
	[SERVICE] = "service",
	[CONTAINER] = "container",
	[NETWORK] = "network",
	[VOLUME] = "volume",
	[SECRET] = "secret",
	[CONFIG] = "config",
	[NONE] = "",
};

struct docker {
	bool is_compose;
	uint64_t objects;
	struct gv_buf address;
	/* of the object that is read */
	enum kind kind;
	struct gv_state_items *items;
};

static void
set_address(struct docker *d, enum kind kind, const struct gv_state_text *name)
{
	size_t slash = name->len && name->p[0] == '/'; /* of containers */
	struct gv_state_text text = { name->p + slash, name->len - slash,
		name->escaped };

	gv_buf_reset(&d->address);
	gv_buf_addstr(&d->address, kinds[kind]);
	gv_buf_addch(&d->address, '/');
	gv_state_text_add(&d->address, &text);
}

static int
add_need(struct docker *d, enum kind kind, const struct gv_state_text *name)
{
	if (name->len == 0)
		return 0;
	set_address(d, kind, name);
	return gv_state_items_need_of(d->items, &d->address);
}

/* ---- what an object is ---- */

enum member {
	HAS_ID,
	HAS_OTHER_ID,
	HAS_NAME,
	HAS_SPEC,
	HAS_CONFIG,
	HAS_HOST_CONFIG,
	HAS_STATE,
	HAS_IPAM,
	HAS_SCOPE,
	HAS_DRIVER,
	HAS_MOUNTPOINT,
	HAS_VERSION,
	HAS_DESCRIPTION,
	HAS_TASK,
	HAS_DATA,
	N_MEMBERS,
};

static const char *const members[] = {
	[HAS_ID] = "ID",
	[HAS_OTHER_ID] = "Id",
	[HAS_NAME] = "Name",
	[HAS_SPEC] = "Spec",
	[HAS_CONFIG] = "Config",
	[HAS_HOST_CONFIG] = "HostConfig",
	[HAS_STATE] = "State",
	[HAS_IPAM] = "IPAM",
	[HAS_SCOPE] = "Scope",
	[HAS_DRIVER] = "Driver",
	[HAS_MOUNTPOINT] = "Mountpoint",
	[HAS_VERSION] = "Version",
	[HAS_DESCRIPTION] = "Description",
	[HAS_TASK] = "TaskTemplate",
	[HAS_DATA] = "Data",
};

/* What is known of an object by its members, and by those of its Spec. */
struct members {
	bool has[N_MEMBERS];
	struct gv_state_text name;
};

/* Look through a map, which began, and through its "Spec". */
static void
look_at_members(struct members *m, struct gv_jsontext *j, bool in_spec)
{
	struct gv_jsontext_token t;
	size_t which;
	bool is_map;

	while (gv_jsontext_next(j, &t) > 0 && t.kind != GV_JSONTEXT_MAP_END) {
		which = gv_state_key(&t, members, N_MEMBERS);
		is_map = t.kind == GV_JSONTEXT_MAP;
		if (which < N_MEMBERS && (is_map || t.kind == GV_JSONTEXT_TEXT))
			m->has[which] = true;
		if (which == HAS_NAME && t.kind == GV_JSONTEXT_TEXT)
			m->name = gv_state_text_of(&t);
		if (which == HAS_SPEC && is_map && !in_spec)
			look_at_members(m, j, true);
		else
			(void)gv_state_skip(j, &t);
	}
}

static enum kind
kind_of(const struct members *m)
{
	const bool *has = m->has;

	if (m->name.len == 0)
		return NONE;
	if (has[HAS_ID] && has[HAS_SPEC] && has[HAS_VERSION] &&
	    !has[HAS_DESCRIPTION])
		return has[HAS_TASK] ? SERVICE
		    : has[HAS_DATA]  ? CONFIG
				     : SECRET;
	if (has[HAS_SPEC])
		return NONE;
	if (has[HAS_OTHER_ID] && has[HAS_CONFIG] &&
	    (has[HAS_HOST_CONFIG] || has[HAS_STATE]))
		return CONTAINER;
	if (!has[HAS_SCOPE] || !has[HAS_DRIVER])
		return NONE;
	if (has[HAS_OTHER_ID] && has[HAS_IPAM])
		return NETWORK;
	return has[HAS_MOUNTPOINT] && !has[HAS_OTHER_ID] ? VOLUME : NONE;
}

/* Of an element of a list. */
static enum kind
look_at(struct members *m, const struct gv_jsontext_token *whole)
{
	struct gv_jsontext_token t;
	struct gv_jsontext j;

	memset(m, 0, sizeof(*m));
	gv_jsontext_init(&j, whole->p, whole->len);
	(void)gv_jsontext_next(&j, &t);
	look_at_members(m, &j, false);
	return kind_of(m);
}

bool
gv_state_docker_is_inspected(const struct gv_jsontext_token *map)
{
	struct members m;

	return map->kind == GV_JSONTEXT_MAP && look_at(&m, map) != NONE;
}

/* Of a member of a project. */
static enum kind
kind_in_project(const struct gv_jsontext_level *level)
{
	static const struct {
		const char *name;
		enum kind kind;
	} maps[] = { { "services", SERVICE }, { "networks", NETWORK },
		{ "volumes", VOLUME }, { "secrets", SECRET },
		{ "configs", CONFIG } };
	size_t i;

	for (i = 0; i < sizeof(maps) / sizeof(maps[0]); i++) {
		if (gv_state_is_level(level, true, maps[i].name))
			return maps[i].kind;
	}
	return NONE;
}

/* ---- the document ---- */

/* Whether a service, which began, says what it runs. */
static bool
is_service(struct gv_jsontext *j)
{
	static const char *const names[] = { "image", "build" };
	struct gv_jsontext_token t;
	bool found = false;

	while (gv_jsontext_next(j, &t) > 0 && t.kind != GV_JSONTEXT_MAP_END) {
		found |= gv_state_key(&t, names, 2) < 2 &&
		    (t.kind == GV_JSONTEXT_TEXT || t.kind == GV_JSONTEXT_MAP);
		(void)gv_state_skip(j, &t);
	}
	return found;
}

/* Others have services, too: here each is a map, and one at least is run from
 * an image. */
static void
docker_ahead(void *own, const struct gv_jsontext_token *token,
    const struct gv_jsontext *cursor)
{
	static const char *const names[] = { "services" };
	struct gv_jsontext j = *cursor;
	struct gv_jsontext_token t;
	struct docker *d = own;
	bool found = false;

	if (gv_state_key(token, names, 1) != 0 ||
	    token->kind != GV_JSONTEXT_MAP)
		return;
	while (gv_jsontext_next(&j, &t) > 0 && t.kind != GV_JSONTEXT_MAP_END) {
		if (t.kind != GV_JSONTEXT_MAP)
			return;
		found |= is_service(&j);
	}
	d->is_compose = found;
}

static int
docker_member(void *own, const struct gv_jsontext_token *token)
{
	(void)own;
	(void)token;
	return 0;
}

static bool
docker_claim(const void *own, struct gv_state_info *info)
{
	const struct docker *d = own;

	(void)info;
	return d->objects > 0;
}

static enum gv_state_unit
docker_unit(
    void *own, const struct gv_jsontext_piece *piece, struct gv_buf *name)
{
	const struct gv_jsontext_token *t = &piece->token;
	struct docker *d = own;
	struct members m;
	enum kind kind;

	if (t->kind != GV_JSONTEXT_MAP)
		return GV_STATE_OTHER;
	if (piece->n_levels == 1 && !t->has_key) {
		kind = look_at(&m, t);
		if (kind == NONE)
			return GV_STATE_OTHER;
		gv_buf_addstr(name, kinds[kind]);
		gv_buf_add(name, m.name.p, m.name.len);
		return GV_STATE_BODY;
	}
	if (piece->n_levels != 2 || !d->is_compose)
		return GV_STATE_OTHER;
	kind = kind_in_project(&piece->levels[1]);
	if (kind == NONE)
		return GV_STATE_OTHER;
	gv_buf_addstr(name, kinds[kind]);
	gv_buf_add(name, t->key, t->key_len);
	return GV_STATE_BODY;
}

/* ---- inspected objects ---- */

/* What is gone into for its members to be attributes. */
static const struct nest {
	const char *in, *key, *under;
} nests[] = { { "", "Spec", "Spec." },
	{ "Spec.", "TaskTemplate", "Spec.TaskTemplate." },
	{ "Spec.TaskTemplate.", "ContainerSpec",
	    "Spec.TaskTemplate.ContainerSpec." },
	{ "", "Config", "Config." }, { "", "HostConfig", "HostConfig." },
	{ "", "NetworkSettings", "NetworkSettings." } };

static const char *
nest_of(const char *in, const struct gv_jsontext_token *t)
{
	size_t i;

	for (i = 0; i < sizeof(nests) / sizeof(nests[0]); i++) {
		if (t->kind == GV_JSONTEXT_MAP &&
		    strcmp(nests[i].in, in) == 0 &&
		    gv_state_key(t, &nests[i].key, 1) == 0)
			return nests[i].under;
	}
	return NULL;
}

/* PreviousSpec is all of a Spec. */
static unsigned
marks_of(const struct docker *d, const struct gv_jsontext_token *t)
{
	static const char *const names[] = { "Env", "PreviousSpec", "Data",
		"Options" };
	size_t which = gv_state_key(t, names, 4);

	return which < 3 || (which == 3 && d->kind == VOLUME)
	    ? GV_STATE_SENSITIVE
	    : 0;
}

/* What an attribute refers to: the keys of a map; the texts of a list, or what
 * maps in it have under `name`, those of `type` where one is said. */
struct reference {
	const char *in, *key;
	enum kind kind;
	const char *name, *type;
};

/* The text that a map, which began, has for a reference. */
static struct gv_state_text
text_in(struct gv_jsontext *j, const struct reference *ref)
{
	const char *const names[] = { ref->name, "Type", "type" };
	struct gv_state_text none = { NULL, 0, false }, found = none, text;
	bool is_type = ref->type == NULL;
	struct gv_jsontext_token t;
	size_t which;

	while (gv_jsontext_value(j, &t) > 0 && t.kind != GV_JSONTEXT_MAP_END) {
		which = gv_state_key(&t, names, ref->type ? 3 : 1);
		text = gv_state_text_of(&t);
		if (which == 0)
			found = text;
		else if (ref->type && which < 3)
			is_type = gv_state_text_is(&t, ref->type);
	}
	return is_type ? found : none;
}

static int
read_needs(struct docker *d, const struct gv_jsontext_token *whole,
    const struct reference *ref)
{
	struct gv_jsontext_token t;
	struct gv_state_text text;
	struct gv_jsontext j;
	int r = 0;

	gv_jsontext_init(&j, whole->p, whole->len);
	(void)gv_jsontext_next(&j, &t);
	while (r == 0 && gv_jsontext_next(&j, &t) > 0 &&
	    t.kind != GV_JSONTEXT_MAP_END && t.kind != GV_JSONTEXT_LIST_END) {
		text =
		    (struct gv_state_text){ t.key, t.key_len, t.key_escaped };
		if (!t.has_key && t.kind == GV_JSONTEXT_MAP && ref->name) {
			text = text_in(&j, ref);
		} else {
			if (!t.has_key && ref->type == NULL)
				text = gv_state_text_of(&t);
			(void)gv_state_skip(&j, &t);
		}
		r = add_need(d, ref->kind, &text);
	}
	return r;
}

static int
read_references(struct docker *d, const struct reference *table, size_t n,
    const char *in, const struct gv_jsontext_token *t)
{
	size_t i;

	if (t->kind != GV_JSONTEXT_LIST && t->kind != GV_JSONTEXT_MAP)
		return 0;
	for (i = 0; i < n; i++) {
		if (strcmp(table[i].in, in) == 0 &&
		    gv_state_key(t, &table[i].key, 1) == 0)
			return read_needs(d, t, &table[i]);
	}
	return 0;
}

static int
read_members(struct docker *d, struct gv_jsontext *j, const char *prefix)
{
	static const struct reference refers[] = {
		{ "Spec.TaskTemplate.ContainerSpec.", "Secrets", SECRET,
		    "SecretName", NULL },
		{ "Spec.TaskTemplate.ContainerSpec.", "Configs", CONFIG,
		    "ConfigName", NULL },
		{ "NetworkSettings.", "Networks", NETWORK, NULL, NULL },
		{ "", "Mounts", VOLUME, "Name", "volume" },
	};
	struct gv_jsontext_token t;
	const char *under;
	int r = 0;

	while (r == 0 && gv_jsontext_next(j, &t) > 0 &&
	    t.kind != GV_JSONTEXT_MAP_END) {
		under = nest_of(prefix, &t);
		if (under) {
			r = read_members(d, j, under);
			continue;
		}
		(void)gv_state_whole(j, &t);
		if ((r = gv_state_items_named(
			 d->items, prefix, NULL, &t, marks_of(d, &t))) == 0)
			r = read_references(d, refers,
			    sizeof(refers) / sizeof(refers[0]), prefix, &t);
	}
	return r;
}

/* ---- a project ---- */

static unsigned
marks_in_project(const struct gv_jsontext_token *t)
{
	static const char *const names[] = { "environment", "build",
		"driver_opts", "content" };

	return gv_state_key(t, names, 4) < 4 ? GV_STATE_SENSITIVE : 0;
}

static int
read_in_project(struct docker *d, struct gv_jsontext *j)
{
	static const struct reference refers[] = {
		{ "", "depends_on", SERVICE, NULL, NULL },
		{ "", "networks", NETWORK, NULL, NULL },
		{ "", "secrets", SECRET, "source", NULL },
		{ "", "configs", CONFIG, "source", NULL },
		{ "", "volumes", VOLUME, "source", "volume" },
	};
	struct gv_jsontext_token t;
	int r = 0;

	while (r == 0 && gv_jsontext_value(j, &t) > 0 &&
	    t.kind != GV_JSONTEXT_MAP_END) {
		r = gv_state_items_attribute(
		    d->items, &t, marks_in_project(&t));
		if (r == 0 && d->kind == SERVICE)
			r = read_references(d, refers,
			    sizeof(refers) / sizeof(refers[0]), "", &t);
	}
	return r;
}

static int
docker_read(void *own, const struct gv_jsontext_piece *piece,
    struct gv_state_items *items)
{
	const struct gv_jsontext_token *whole = &piece->token;
	struct gv_state_item item = { .text = whole->p, .len = whole->len };
	struct gv_state_text name = { whole->key, whole->key_len,
		whole->key_escaped };
	size_t attributes = items->n_attributes, needs = items->n_needs;
	struct docker *d = own;
	struct gv_jsontext_token t;
	struct gv_jsontext j;
	struct members m;
	int r;

	d->items = items;
	gv_jsontext_init(&j, whole->p, whole->len);
	(void)gv_jsontext_next(&j, &t);
	if (whole->has_key) {
		d->kind = kind_in_project(&piece->levels[1]);
		r = read_in_project(d, &j);
	} else {
		d->kind = look_at(&m, whole);
		name = m.name;
		r = read_members(d, &j, "");
	}
	if (r < 0)
		return r;
	d->objects++;
	set_address(d, d->kind, &name);
	item.type = kinds[d->kind];
	item.type_len = strlen(item.type);
	if (d->kind == SECRET)
		item.marks |= GV_STATE_SENSITIVE;
	return gv_state_items_close(
	    items, &item, &d->address, attributes, needs);
}

static void
docker_release(void *own)
{
	struct docker *d = own;

	gv_buf_release(&d->address);
}

const struct gv_state_handler gv_state_docker = {
	.tool = "docker",
	.memory = sizeof(struct docker),
	.is_open = true,
	.ahead = docker_ahead,
	.member = docker_member,
	.unit = docker_unit,
	.read = docker_read,
	.claim = docker_claim,
	.release = docker_release,
	.salvage = &gv_state_docker_salvage,
};
