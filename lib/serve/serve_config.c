#include "serve/serve_config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "base/err.h"
#include "layer/layer_emit.h"
#include "sys/clock.h"

#define JSON  "application/json"
#define PLAIN "text/plain; charset=utf-8"
#define MS    1000000LL
#define LOOK  1000 /* ms between two looks whether who waits is there */

/* ---- texts --------------------------------------------------------------- */

static void
drop_text(struct gv_serve_world *world, size_t i, struct gv_serve_text *text)
{
	struct gv_serve_text *none = NULL;

	if (atomic_compare_exchange_strong(&world->texts[i], &none, text))
		return;
	/* another request was quicker */
	atomic_fetch_add(&world->room, text->len);
	free(text);
}

/* Have the text of a configuration at hand for the next one who asks, while
 * there is room for it. */
static void
keep_text(struct gv_serve_world *world, size_t i, const struct gv_buf *from)
{
	size_t room = atomic_load(&world->room);
	struct gv_serve_text *text;

	do {
		if (from->len > room)
			return;
	} while (!atomic_compare_exchange_weak(
	    &world->room, &room, room - from->len));
	text = malloc(sizeof(*text) + from->len);
	if (text == NULL)
		return;
	text->len = from->len;
	memcpy(text->bytes, from->p, from->len);
	drop_text(world, i, text);
}

/* The whole of a configuration, as everybody may see it. */
static void
put_whole(struct gv_serve_page *page, struct gv_serve_world *world,
    const struct gv_image_config *config)
{
	const size_t i = (size_t)(config - world->image->configs);
	struct gv_serve_text *text = atomic_load(&world->texts[i]);

	if (text == NULL) {
		gv_image_add_json(&page->text, config->root, false);
		gv_buf_addch(&page->text, '\n');
		if (gv_buf_check(&page->text) == 0)
			keep_text(world, i, &page->text);
		return;
	}
	page->held = text->bytes;
	page->held_len = text->len;
}

/* With veiled values, in memory that is locked. */
static void
put_secret(
    struct gv_serve_page *page, const struct gv_image_value *v, bool is_raw)
{
	struct gv_buf text = GV_BUF_WIPED_INIT;

	if (is_raw)
		gv_buf_add(&text, v->text, v->text_len);
	else
		gv_image_add_json(&text, v, true);
	gv_buf_addch(&text, '\n');
	if (gv_buf_check(&text) < 0 ||
	    gv_secret_add(&page->secret, text.p, text.len) < 0)
		gv_serve_page_say(page, 503, "there is not enough memory");
	gv_buf_release(&text);
}

/* ---- one answer ---------------------------------------------------------- */

void
gv_serve_config_stamp(struct gv_serve_page *page, struct gv_serve_watch *watch,
    const struct gv_serve_world *world, const struct gv_image_config *config)
{
	page->index = config ? config->index : world->index;
	page->age = gv_serve_watch_age(&page->stale, watch, config);
	memcpy(page->commit,
	    config && config->from ? config->from->commit : world->commit,
	    sizeof(world->commit));
}

static void
set_etag(struct gv_serve_page *page, const struct gv_image_value *v,
    const struct gv_serve_ask *ask)
{
	const struct gv_digest *name =
	    ask->reveals && v->has_veil ? &v->whole : &v->shown;
	char hex[2 * GV_DIGEST_BYTES + 1];

	gv_enc_hex(hex, name->bytes, sizeof(name->bytes));
	snprintf(page->etag, sizeof(page->etag), "\"%s%s\"", hex,
	    ask->is_raw ? "t" : "");
}

static bool
is_scalar(const struct gv_image_value *v)
{
	return v->kind != GV_LAYER_MAP && v->kind != GV_LAYER_LIST;
}

/* Why a single value is not shown, as `config get` says it. */
static void
refuse(struct gv_serve_page *page, const char *key, const char *veil)
{
	gv_serve_page_say(page, 403,
	    "'%s' is %s; a credential with the scope 'secrets' may read it",
	    key,
	    strcmp(veil, "<sealed>") == 0 ? "encrypted" : "maybe a secret");
	*page->etag = '\0';
}

static void
put_value(struct gv_serve_page *page, struct gv_serve_world *world,
    const struct gv_image_config *config, const struct gv_image_value *v,
    const struct gv_serve_ask *ask)
{
	const bool is_raw = ask->is_raw && is_scalar(v);

	page->status = 200;
	page->type = is_raw ? PLAIN : JSON;
	page->hidden = ask->reveals ? 0 : gv_image_count_veiled(v);
	if (v->has_veil && ask->reveals) {
		put_secret(page, v, is_raw);
	} else if (is_scalar(v) && v->veil) {
		refuse(page, ask->route->key, v->veil);
	} else if (is_raw) {
		gv_buf_add(&page->text, v->text, v->text_len);
		gv_buf_addch(&page->text, '\n');
	} else if (v == config->root && config->from == NULL) {
		put_whole(page, world, config);
	} else {
		gv_image_add_json(&page->text, v, false);
		gv_buf_addch(&page->text, '\n');
	}
	if (page->held == NULL && gv_buf_check(&page->text) < 0)
		gv_serve_page_say(page, 503, "there is not enough memory");
}

static void
answer(struct gv_serve_page *page, struct gv_serve_watch *watch,
    struct gv_serve_world *world, const struct gv_image_config *config,
    const struct gv_serve_ask *ask)
{
	const char *key = ask->route->key;
	const struct gv_image_value *v;

	gv_serve_config_stamp(page, watch, world, config);
	if (config->root == NULL) {
		gv_serve_page_say(page, 503,
		    "this configuration cannot be read: %s", config->why);
		return;
	}
	v = gv_image_value(config->root, key);
	if (v == NULL) {
		gv_serve_page_say(page, 404, "there is no '%s' in %s", key,
		    *config->env ? config->env : "the common layers");
		return;
	}
	set_etag(page, v, ask);
	if (gv_serve_route_matches(ask->if_none_match, page->etag)) {
		page->status = 304;
		return;
	}
	put_value(page, world, config, v, ask);
}

/* ---- asking -------------------------------------------------------------- */

static void
say_missing(struct gv_serve_page *page, const struct gv_serve_world *world,
    const struct gv_serve_route *route)
{
	const char *env = route->env, *service = route->service;

	if (*env && !gv_image_has_env(world->image, env))
		gv_serve_page_say(
		    page, 404, "there is no environment '%s'", env);
	else
		gv_serve_page_say(page, 404, "there is no service '%s' in %s",
		    service, *env ? env : "the common layers");
}

/* The present world, once the configuration is another one than that of the
 * index that the client knows, or it has waited long enough, or has gone. */
static struct gv_serve_world *
await(const struct gv_image_config **config, struct gv_serve_watch *watch,
    const struct gv_serve_ask *ask)
{
	const long long until = gv_clock_tick() + ask->wait * MS;
	struct gv_serve_world *world;
	long long now;
	uint64_t index;

	for (;;) {
		world = gv_serve_watch_get(watch);
		*config = gv_image_find(
		    world->image, ask->route->env, ask->route->service);
		now = gv_clock_tick();
		if (!ask->polls || *config == NULL ||
		    (*config)->index != ask->index || now >= until ||
		    ask->is_over(ask->ctx))
			return world;
		index = world->index;
		gv_shared_put(&world->share);
		gv_serve_watch_wait(watch, index,
		    until < now + LOOK * MS ? until : now + LOOK * MS);
	}
}

void
gv_serve_config_answer(struct gv_serve_page *page, struct gv_serve_watch *watch,
    const struct gv_serve_ask *ask)
{
	const struct gv_image_config *config;
	struct gv_serve_world *world = await(&config, watch, ask);

	page->share = &world->share;
	if (config == NULL)
		say_missing(page, world, ask->route);
	else
		answer(page, watch, world, config, ask);
}
