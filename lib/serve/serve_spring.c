#include "serve/serve_config.h"

#include <string.h>

#include "base/err.h"
#include "layer/layer_emit.h"
#include "serve/serve_names.h"

/*
 * What a client of Spring Cloud Config asks for: /{application}/{profiles} or
 * with a label behind it. It gets the layers, the highest first, each with its
 * values under flat names, and looks a name up in the first that has it. Where
 * that is not how our layers are merged, it gets one source, the merged one.
 */

struct writer {
	struct gv_buf *out;
	bool is_v2; /* each value with where it comes from */
	bool reveals;
	bool is_first;
	size_t hidden;
	struct gv_serve_names names;
};

/* ---- sources ------------------------------------------------------------- */

static void
begin(struct writer *w, const char *before, const char *name)
{
	struct gv_buf full = GV_BUF_INIT;

	gv_buf_addf(&full, "%s%s", before, name);
	gv_buf_addstr(w->out, w->is_first ? "" : ",");
	w->is_first = false;
	if (gv_buf_check(&full) < 0)
		w->out->failed = true;
	else
		gv_layer_add_string(w->out, full.p, full.len);
	gv_buf_release(&full);
	gv_buf_addch(w->out, ':');
}

/* As Spring's server has what it cannot decrypt: the name is missing, so that
 * no word in its place is taken for a password, and another name says so. */
static int
add_invalid(struct writer *w, const char *name)
{
	begin(w, "invalid.", name);
	gv_buf_addstr(w->out,
	    w->is_v2 ? "{\"value\":\"<n/a>\",\"origin\":null}" : "\"<n/a>\"");
	return w->out->failed ? GV_ENOMEM : 0;
}

static int
add_value(void *ctx, const char *name, const struct gv_image_value *v)
{
	struct writer *w = ctx;
	const bool is_withheld = v->veil && !(w->reveals && v->json);

	w->hidden += is_withheld;
	if (!gv_serve_names_take(&w->names, name, is_withheld))
		return is_withheld ? add_invalid(w, name) : 0;
	begin(w, "", name);
	if (w->is_v2)
		gv_buf_addstr(w->out, "{\"value\":");
	/* as Spring: what is empty is an empty text */
	if (v->kind == GV_LAYER_NULL || v->kind == GV_LAYER_LIST)
		gv_buf_addstr(w->out, "\"\"");
	else
		gv_image_add_json(w->out, v, w->reveals);
	if (w->is_v2) {
		gv_buf_addstr(w->out, ",\"origin\":");
		if (v->file) {
			struct gv_buf origin = GV_BUF_INIT;

			gv_buf_addf(
			    &origin, "%s:%u:%u", v->file, v->line, v->column);
			gv_layer_add_string(w->out, origin.p, origin.len);
			gv_buf_release(&origin);
		} else {
			gv_buf_addstr(w->out, "null");
		}
		gv_buf_addch(w->out, '}');
	}
	return w->out->failed ? GV_ENOMEM : 0;
}

static void
add_source(struct writer *w, const char *name,
    const struct gv_image_value *root, bool is_first)
{
	gv_buf_addstr(w->out, is_first ? "{\"name\":" : ",{\"name\":");
	gv_layer_add_string(w->out, name, strlen(name));
	gv_buf_addstr(w->out, ",\"source\":{");
	w->is_first = true;
	(void)gv_image_each_spring(root, add_value, w);
	gv_buf_addstr(w->out, "}}");
}

static bool
has(const struct gv_image_config *config, const char *layer)
{
	size_t i;

	for (i = 0; i < config->n_layers; i++)
		if (strcmp(config->layers[i].name, layer) == 0)
			return true;
	return false;
}

/* The profiles that are environments; without one, the common layers. */
struct configs {
	const struct gv_image_config *items[GV_SERVE_PROFILES];
	size_t n;
};

/* A layer that all profiles have comes behind those that only some have. */
static bool
is_common(const struct configs *c, const char *layer)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		if (!has(c->items[i], layer))
			return false;
	return true;
}

static bool
was_earlier(const struct configs *c, size_t i, const char *layer)
{
	for (i++; i < c->n; i++)
		if (has(c->items[i], layer))
			return true;
	return false;
}

/* The last profile wins. */
static void
add_sources(struct writer *w, const struct configs *c)
{
	const struct gv_image_layer *layer;
	bool is_first = true;
	int common;
	size_t i, k;

	for (common = 0; common < 2; common++)
		for (i = c->n; i > 0; i--)
			for (k = 0; k < c->items[i - 1]->n_layers; k++) {
				layer = &c->items[i - 1]->layers[k];
				if (is_common(c, layer->name) != common ||
				    was_earlier(c, i - 1, layer->name))
					continue;
				add_source(
				    w, layer->name, layer->root, is_first);
				is_first = false;
			}
}

/* What is merged in another way is one source. */
static void
add_merged(struct writer *w, const struct gv_image_config *config)
{
	struct gv_buf name = GV_BUF_INIT;

	gv_buf_addf(&name, "git-vault:%s/%s", *config->env ? config->env : "-",
	    *config->service ? config->service : "-");
	add_source(w, name.p, config->root, true);
	gv_buf_release(&name);
}

static bool
are_plain(const struct configs *c)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		if (c->items[i]->n_layers == 0)
			return false;
	return true;
}

/* ---- the answer ---------------------------------------------------------- */

static void
add_string(struct gv_buf *out, const char *text)
{
	gv_layer_add_string(out, text, strlen(text));
}

static void
write(struct writer *w, const struct gv_serve_route *route,
    const struct gv_serve_world *world, const struct configs *c)
{
	size_t i;

	gv_buf_addstr(w->out, "{\"name\":");
	add_string(w->out, route->service);
	gv_buf_addstr(w->out, ",\"profiles\":[");
	for (i = 0; i < route->n_profiles; i++) {
		gv_buf_addstr(w->out, i ? "," : "");
		add_string(w->out, route->profiles[i]);
	}
	gv_buf_addstr(w->out, "],\"label\":");
	if (*route->key)
		add_string(w->out, route->key);
	else
		gv_buf_addstr(w->out, "null");
	gv_buf_addf(w->out,
	    ",\"version\":\"%s\",\"state\":null,"
	    "\"propertySources\":[",
	    world->commit);
	if (are_plain(c))
		add_sources(w, c);
	else
		add_merged(w, c->items[0]);
	gv_buf_addstr(w->out, "]}\n");
}

/* An application or a profile that has no layers of its own gets the common
 * ones, as from Spring's server. */
static const struct gv_image_config *
find(const struct gv_image *image, const char *env, const char *service)
{
	const struct gv_image_config *config =
	    gv_image_find(image, env, service);

	return config ? config : gv_image_find(image, env, "");
}

static int
find_all(struct configs *out, const struct gv_image *image,
    const struct gv_serve_route *route)
{
	const struct gv_image_config *config;
	size_t i;

	for (i = 0; i < route->n_profiles; i++) {
		config = gv_image_has_env(image, route->profiles[i])
		    ? find(image, route->profiles[i], route->service)
		    : NULL;
		if (config)
			out->items[out->n++] = config;
	}
	if (out->n == 0 && (config = find(image, "", route->service)))
		out->items[out->n++] = config;
	return out->n ? 0 : GV_ENOTFOUND;
}

/* Labels are the served branch and commit: another one is not here. Spring
 * writes "(_)" for "/". */
static bool
is_label(const struct gv_serve_world *world, const char *label)
{
	const size_t len = strlen(label);
	const char *branch = world->branch;
	size_t i, k = 0;

	if (len >= 7 && strncmp(world->commit, label, len) == 0)
		return true;
	for (i = 0; branch[i] && k < len; i++)
		if (branch[i] == '/' && strncmp(label + k, "(_)", 3) == 0)
			k += 3;
		else if (branch[i] == label[k])
			k++;
		else
			return false;
	return *branch && branch[i] == '\0' && k == len;
}

static void
fill(struct gv_serve_page *page, const struct gv_serve_ask *ask,
    const struct gv_serve_world *world, const struct configs *c)
{
	struct gv_buf text = GV_BUF_WIPED_INIT;
	struct writer w = { .out = &text,
		.is_v2 = ask->accept &&
		    strstr(ask->accept, GV_SERVE_SPRING_V2) != NULL,
		.reveals = ask->reveals };
	const bool is_secret = ask->reveals;

	write(&w, ask->route, world, c);
	page->status = 200;
	page->type = w.is_v2 ? GV_SERVE_SPRING_V2 : "application/json";
	page->hidden = w.hidden;
	if (w.names.failed || gv_buf_check(&text) < 0 ||
	    (is_secret && gv_secret_add(&page->secret, text.p, text.len) < 0))
		gv_serve_page_say(page, 503, "there is not enough memory");
	else if (!is_secret)
		gv_buf_add(&page->text, text.p, text.len);
	gv_serve_names_release(&w.names);
	gv_buf_release(&text);
}

void
gv_serve_spring_answer(struct gv_serve_page *page, struct gv_serve_watch *watch,
    const struct gv_serve_ask *ask)
{
	const struct gv_serve_route *route = ask->route;
	struct gv_serve_world *world = ask->world;
	struct configs c = { .n = 0 };
	size_t i;

	if (world)
		gv_shared_hold(&world->share);
	else
		world = gv_serve_watch_get(watch);
	page->share = &world->share;
	if (*route->key && !is_label(world, route->key)) {
		gv_serve_page_say(page, 404,
		    "the label '%s' is not served, only the branch %s and "
		    "its commit %s",
		    route->key,
		    *world->branch ? world->branch : "that is checked out",
		    world->commit);
		return;
	}
	if (find_all(&c, world->image, route) < 0) {
		gv_serve_page_say(page, 404,
		    "there is no configuration of '%s'", route->service);
		return;
	}
	gv_serve_config_stamp(page, watch, world, c.items[c.n - 1]);
	for (i = 0; i < c.n; i++)
		if (c.items[i]->root == NULL) {
			gv_serve_page_say(page, 503,
			    "this configuration cannot be read: %s",
			    c.items[i]->why);
			return;
		}
	/* what they have in common would hide in one what the other changes */
	if (c.n > 1 && !are_plain(&c)) {
		gv_serve_page_say(page, 400,
		    "'%s' and '%s' are environments that are merged by rules, "
		    "which sources behind each other cannot say: ask for one "
		    "of them",
		    c.items[0]->env, c.items[1]->env);
		return;
	}
	fill(page, ask, world, &c);
}
