/*
 * Values in the secrets engine KV, version 2, of HashiCorp Vault.
 *
 * A value is {"value": BASE64} at MOUNT/data/PATH. Three answers of 404 differ
 * in their body: nothing ever was there ("errors": []); a version that is
 * deleted (metadata.deletion_time), which can be brought back; one that is
 * destroyed.
 */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "format/unjson.h"
#include "key/backend_internal.h"

/* Which of the kinds of 404 it is. */
static int
say_absent(struct gv_backend *b, const struct gv_backend_call *c,
    const char *path, const char *version)
{
	const struct gv_unjson_node *meta = gv_unjson_get(c->data, "metadata");
	const struct gv_unjson_node *destroyed =
	    gv_unjson_get(meta, "destroyed");
	const struct gv_unjson_node *errors =
	    gv_unjson_get(gv_backend_root(c), "errors");
	const char *deleted = gv_unjson_get_text(meta, "deletion_time");
	char which[GV_BACKEND_VERSION_MAX + 16] = "the newest version";

	if (version)
		snprintf(which, sizeof(which), "version %.*s",
		    GV_BACKEND_VERSION_MAX, version);
	if (destroyed && destroyed->kind == GV_UNJSON_TRUE)
		return gv_err(GV_ENOTFOUND,
		    "%s of %s is destroyed in %s: nothing brings it back",
		    which, path, b->host.p);
	if (deleted && *deleted)
		return gv_err(GV_ENOTFOUND,
		    "%s of %s is deleted in %s; 'vault kv undelete' brings it "
		    "back",
		    which, path, b->host.p);
	if (gv_unjson_get(gv_backend_root(c), "warnings") ||
	    (errors && errors->first))
		return gv_err(GV_ENOTFOUND,
		    "%s has no KV store of version 2 at '%s'", b->host.p,
		    b->vault->mount);
	if (version)
		return gv_err(GV_ENOTFOUND,
		    "%s has no version %s of %s: it was never there, or was "
		    "deleted when there were too many",
		    b->host.p, version, path);
	return gv_err(GV_ENOTFOUND, "%s has nothing at %s", b->host.p, path);
}

/* 0, also where there is none, with the status to tell. */
static int
get(struct gv_backend *b, struct gv_backend_call *c, const char *path,
    const char *version)
{
	gv_buf_reset(&c->path);
	gv_backend_add_path(&c->path, b, "data", path);
	if (version) {
		gv_buf_addstr(&c->path, "?version=");
		gv_http_escape(&c->path, version, false);
	}
	return gv_backend_ask(b, c, "GET");
}

static int
take_value(struct gv_backend *b, struct gv_secret *out,
    const struct gv_backend_call *c, const char *path)
{
	const char *value =
	    gv_unjson_get_text(gv_unjson_get(c->data, "data"), "value");

	if (value == NULL)
		return gv_err(GV_ECORRUPT,
		    "%s has something at %s that is no value of git vault",
		    b->host.p, path);
	return gv_backend_take_bytes(b, out, value);
}

static int
kv_fetch(struct gv_backend *b, struct gv_secret *out, const char *path,
    const char *version)
{
	struct gv_backend_call c = GV_BACKEND_CALL_INIT;
	const struct gv_unjson_node *got;
	int r = get(b, &c, path, version);

	if (r == 0 && c.reply.status == 404)
		r = say_absent(b, &c, path, version);
	else if (r == 0 && c.reply.status != 200)
		r = gv_backend_say(b, &c);
	got = gv_unjson_get(gv_unjson_get(c.data, "metadata"), "version");
	if (r < 0)
		goto out;
	if (version &&
	    (gv_unjson_count(got) < 0 || strcmp(got->text, version) != 0)) {
		r = gv_err(GV_ECORRUPT,
		    "%s returned another version of %s than %s", b->host.p,
		    path, version);
		goto out;
	}
	r = take_value(b, out, &c, path);
out:
	gv_backend_call_release(&c);
	return r;
}

static int
add_value(struct gv_backend_call *c, const char *cas, const void *p, size_t len)
{
	int r;

	gv_secret_reset(&c->body);
	if ((r = gv_backend_add(&c->body, "{\"options\":{\"cas\":")) == 0 &&
	    (r = gv_backend_add(&c->body, cas)) == 0 &&
	    (r = gv_backend_add(&c->body, "},\"data\":{\"value\":")) == 0)
		r = gv_backend_add_bytes(&c->body, p, len);
	return r < 0 ? r : gv_backend_add(&c->body, "}}");
}

/* Write it as what comes behind version `cas`; 0 with status 400 where that is
 * not the newest. */
static int
put(struct gv_backend *b, struct gv_backend_version *version, const char *path,
    const char *cas, const struct gv_secret *value)
{
	struct gv_backend_call c = GV_BACKEND_CALL_INIT;
	const struct gv_unjson_node *got;
	int r = add_value(&c, cas, value->p, value->len);

	gv_backend_add_path(&c.path, b, "data", path);
	if (r < 0 || (r = gv_backend_ask(b, &c, "POST")) < 0)
		goto out;
	if (c.reply.status == 404)
		r = say_absent(b, &c, path, NULL);
	else if (c.reply.status == 400)
		r = GV_EEXISTS;
	else if (c.reply.status != 200)
		r = gv_backend_say(b, &c);
	if (r < 0)
		goto out;
	got = gv_unjson_get(c.data, "version");
	r = gv_backend_set_version(
	    b, version, gv_unjson_count(got) < 0 ? NULL : got->text);
out:
	gv_backend_call_release(&c);
	return r;
}

/* Something has been at the path: it is this value, or was deleted; *cas is
 * then the version that a new one comes behind, 0 bytes where none is needed.
 */
static int
compare(struct gv_backend *b, struct gv_backend_version *version,
    struct gv_backend_version *cas, const char *path,
    const struct gv_secret *value)
{
	struct gv_backend_call c = GV_BACKEND_CALL_INIT;
	struct gv_secret there = GV_SECRET_INIT;
	const struct gv_unjson_node *got;
	const char *text;
	int r = get(b, &c, path, NULL);

	*cas->text = '\0';
	got = gv_unjson_get(gv_unjson_get(c.data, "metadata"), "version");
	text = gv_unjson_count(got) < 0 ? NULL : got->text;
	if (r == 0 && c.reply.status == 404)
		r = text ? gv_backend_set_version(b, cas, text)
			 : say_absent(b, &c, path, NULL);
	else if (r == 0 && c.reply.status != 200)
		r = gv_backend_say(b, &c);
	else if (r == 0)
		r = take_value(b, &there, &c, path);
	if (r == 0 && *cas->text == '\0') {
		r = gv_secret_is(&there, value->p, value->len)
		    ? gv_backend_set_version(b, version, text)
		    : gv_err(GV_EEXISTS, "%s has another value at %s",
			  b->host.p, path);
	}
	gv_secret_release(&there);
	gv_backend_call_release(&c);
	return r;
}

static int
kv_store(struct gv_backend *b, struct gv_backend_version *version,
    const char *path, const void *p, size_t len)
{
	/* borrowed bytes, never released */
	const struct gv_secret value = { (unsigned char *)p, len, len };
	struct gv_backend_version cas = { "0" };
	int r = put(b, version, path, cas.text, &value);

	if (r != GV_EEXISTS)
		return r;
	r = compare(b, version, &cas, path, &value);
	if (r < 0 || *cas.text == '\0')
		return r;
	r = put(b, version, path, cas.text, &value);
	return r == GV_EEXISTS
	    ? gv_err(
		  GV_EEXISTS, "%s: somebody else writes to %s", b->host.p, path)
	    : r;
}

static int
kv_delete(struct gv_backend *b, const char *path)
{
	struct gv_backend_call c = GV_BACKEND_CALL_INIT;
	int r;

	gv_backend_add_path(&c.path, b, "data", path);
	r = gv_backend_ask_for(b, &c, "DELETE", 204);
	gv_backend_call_release(&c);
	return r;
}

static int
kv_list(struct gv_backend *b, const char *dir,
    int (*fn)(void *ctx, const char *name), void *ctx)
{
	struct gv_backend_call c = GV_BACKEND_CALL_INIT;
	const struct gv_unjson_node *keys, *key;
	int r;

	gv_backend_add_path(&c.path, b, "metadata", dir);
	gv_buf_addstr(&c.path, "?list=true");
	if ((r = gv_backend_ask(b, &c, "GET")) == 0 && c.reply.status != 200 &&
	    c.reply.status != 404)
		r = gv_backend_say(b, &c);
	keys = gv_unjson_get(c.data, "keys");
	for (key = keys ? keys->first : NULL; r == 0 && key; key = key->next)
		if (key->kind == GV_UNJSON_TEXT && key->len &&
		    key->text[key->len - 1] != '/')
			r = fn(ctx, key->text);
	gv_backend_call_release(&c);
	return r;
}

const struct gv_backend_ops gv_backend_hashicorp = {
	.open = gv_backend_open_hashicorp,
	.store = kv_store,
	.fetch = kv_fetch,
	.delete = kv_delete,
	.list = kv_list,
	.health = gv_backend_health_hashicorp,
};
