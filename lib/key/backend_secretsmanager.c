/*
 * Values in AWS Secrets Manager: each is the binary of a secret whose name is
 * its path, versions are by the token that each was written with.
 */
#include <string.h>

#include "base/enc.h"
#include "base/err.h"
#include "format/unjson.h"
#include "key/backend_internal.h"
#include "sys/clock.h"

#define SERVICE   "secretsmanager."
#define LARGEST   ((size_t)65536) /* bytes of a value there */
#define MAX_PAGES 10000
#define TOKEN     16 /* bytes */

static int
ask(struct gv_backend *b, struct gv_backend_call *c, const char *target)
{
	int r = gv_backend_add(&c->body, "}");

	return r < 0 ? r : gv_backend_ask_aws(b, c, target);
}

static bool
is_failure(const struct gv_backend_call *c, const char *name)
{
	return strcmp(gv_backend_failure(c), name) == 0;
}

/* What is deleted answers so to all but being restored. */
static int
say(struct gv_backend *b, const struct gv_backend_call *c, const char *path)
{
	if (is_failure(c, "InvalidRequestException"))
		return gv_err(GV_ENOTFOUND,
		    "%s is deleted in %s; 'aws secretsmanager restore-secret' "
		    "brings it back within some days",
		    path, b->host.p);
	return gv_backend_say_aws(b, c, path);
}

/* ---- fetching ---- */

static int
fetch(struct gv_backend *b, struct gv_secret *out,
    struct gv_backend_version *got, const char *path, const char *version)
{
	struct gv_backend_call c = GV_BACKEND_CALL_INIT;
	const char *value, *id;
	int r;

	if ((r = gv_backend_add(&c.body, "{\"SecretId\":")) < 0 ||
	    (r = gv_backend_add_text(&c.body, path)) < 0)
		goto out;
	if (version) {
		if ((r = gv_backend_add(&c.body, ",\"VersionId\":")) < 0 ||
		    (r = gv_backend_add_text(&c.body, version)) < 0)
			goto out;
	}
	if ((r = ask(b, &c, SERVICE "GetSecretValue")) < 0)
		goto out;
	if (c.reply.status != 200) {
		if (version && is_failure(&c, "ResourceNotFoundException"))
			r = gv_err(GV_ENOTFOUND,
			    "%s has no version %s of %s: it was never there, "
			    "or was deleted",
			    b->host.p, version, path);
		else
			r = say(b, &c, path);
		if (r < 0)
			goto out;
	}
	id = gv_unjson_get_text(c.data, "VersionId");
	if ((r = gv_backend_set_version(b, got, id)) < 0)
		goto out;
	if (version && strcmp(got->text, version) != 0) {
		r = gv_err(GV_ECORRUPT,
		    "%s returned another version of %s than %s", b->host.p,
		    path, version);
		goto out;
	}
	value = gv_unjson_get_text(c.data, "SecretBinary");
	r = value ? gv_backend_take_bytes(b, out, value)
		  : gv_err(GV_ECORRUPT,
			"%s has something at %s that is no value of "
			"git vault",
			b->host.p, path);
out:
	gv_backend_call_release(&c);
	return r;
}

static int
fetch_value(struct gv_backend *b, struct gv_secret *out, const char *path,
    const char *version)
{
	struct gv_backend_version got;

	return fetch(b, out, &got, path, version);
}

/* ---- storing ---- */

/* A verb on a path alone. */
static int
ask_of_path(struct gv_backend *b, struct gv_backend_call *c, const char *path,
    const char *target)
{
	int r = gv_backend_add(&c->body, "{\"SecretId\":");

	if (r == 0)
		r = gv_backend_add_text(&c->body, path);
	return r < 0 ? r : ask(b, c, target);
}

/* A new secret, or a new version of one. 0, whatever the status. */
static int
put(struct gv_backend *b, struct gv_backend_call *c, const char *path,
    const struct gv_secret *value, bool is_new)
{
	unsigned char token[TOKEN];
	char hex[2 * TOKEN + 1];
	int r = gv_clock_random(token, sizeof(token));

	gv_enc_hex(hex, token, sizeof(token));
	gv_secret_reset(&c->body);
	if (r < 0)
		return r;
	r = gv_backend_add(&c->body, is_new ? "{\"Name\":" : "{\"SecretId\":");
	if (r < 0 || (r = gv_backend_add_text(&c->body, path)) < 0 ||
	    (r = gv_backend_add(&c->body, ",\"ClientRequestToken\":")) < 0 ||
	    (r = gv_backend_add_text(&c->body, hex)) < 0 ||
	    (r = gv_backend_add(&c->body, ",\"SecretBinary\":")) < 0)
		return r;
	if ((r = gv_backend_add_bytes(&c->body, value->p, value->len)) < 0)
		return r;
	return ask(
	    b, c, is_new ? SERVICE "CreateSecret" : SERVICE "PutSecretValue");
}

/* It is there, or was. */
static int
put_again(struct gv_backend *b, struct gv_backend_version *version,
    const char *path, const struct gv_secret *value, bool was_deleted)
{
	struct gv_backend_call c = GV_BACKEND_CALL_INIT;
	struct gv_secret there = GV_SECRET_INIT;
	int r = 0;

	if (was_deleted) {
		if ((r = ask_of_path(b, &c, path, SERVICE "RestoreSecret")) ==
			0 &&
		    c.reply.status != 200)
			r = gv_backend_say_aws(b, &c, path);
	}
	if (r < 0 || (r = fetch(b, &there, version, path, NULL)) < 0)
		goto out;
	if (gv_secret_is(&there, value->p, value->len))
		goto out;
	if (!was_deleted) {
		r = gv_err(
		    GV_EEXISTS, "%s has another value at %s", b->host.p, path);
		goto out;
	}
	if ((r = put(b, &c, path, value, false)) < 0)
		goto out;
	if (c.reply.status != 200) {
		r = say(b, &c, path);
		goto out;
	}
	r = gv_backend_set_version(
	    b, version, gv_unjson_get_text(c.data, "VersionId"));
out:
	gv_secret_release(&there);
	gv_backend_call_release(&c);
	return r;
}

static int
store(struct gv_backend *b, struct gv_backend_version *version,
    const char *path, const void *p, size_t len)
{
	/* borrowed bytes, never released */
	const struct gv_secret value = { (unsigned char *)p, len, len };
	struct gv_backend_call c = GV_BACKEND_CALL_INIT;
	int r;

	if ((r = put(b, &c, path, &value, true)) < 0)
		goto out;
	if (is_failure(&c, "ResourceExistsException"))
		r = put_again(b, version, path, &value, false);
	else if (is_failure(&c, "InvalidRequestException"))
		r = put_again(b, version, path, &value, true);
	else if (c.reply.status != 200)
		r = gv_backend_say_aws(b, &c, path);
	else
		r = gv_backend_set_version(
		    b, version, gv_unjson_get_text(c.data, "VersionId"));
out:
	gv_backend_call_release(&c);
	return r;
}

static int
delete_value(struct gv_backend *b, const char *path)
{
	struct gv_backend_call c = GV_BACKEND_CALL_INIT;
	int r = ask_of_path(b, &c, path, SERVICE "DeleteSecret");

	if (r == 0 && c.reply.status != 200 &&
	    !is_failure(&c, "InvalidRequestException"))
		r = gv_backend_say_aws(b, &c, path);
	gv_backend_call_release(&c);
	return r;
}

/* ---- listing ---- */

/* One page; `next` is then the token of the one behind it, or empty. */
static int
ask_page(struct gv_backend *b, struct gv_backend_call *c, const char *dir,
    const char *next)
{
	int r;

	gv_secret_reset(&c->body);
	r = gv_backend_add(&c->body,
	    "{\"MaxResults\":100,\"Filters\":[{\"Key\":\"name\",\"Values\":[");
	if (r < 0 || (r = gv_backend_add_text(&c->body, dir)) < 0 ||
	    (r = gv_backend_add(&c->body, "]}]")) < 0)
		return r;
	if (*next) {
		if ((r = gv_backend_add(&c->body, ",\"NextToken\":")) < 0 ||
		    (r = gv_backend_add_text(&c->body, next)) < 0)
			return r;
	}
	if ((r = ask(b, c, SERVICE "ListSecrets")) < 0)
		return r;
	if (c->reply.status != 200)
		return gv_backend_say_aws(b, c, dir);
	return 0;
}

/* The filter takes any name that begins so. */
static int
visit_page(const struct gv_backend_call *c, const char *dir,
    int (*fn)(void *ctx, const char *name), void *ctx)
{
	const struct gv_unjson_node *list =
	    gv_unjson_get(c->data, "SecretList");
	const struct gv_unjson_node *one;
	size_t len = strlen(dir);
	const char *name;
	int r = 0;

	for (one = list ? list->first : NULL; r == 0 && one; one = one->next) {
		name = gv_unjson_get_text(one, "Name");
		if (name && strncmp(name, dir, len) == 0 && name[len] &&
		    strchr(name + len, '/') == NULL)
			r = fn(ctx, name + len);
	}
	return r;
}

static int
list(struct gv_backend *b, const char *dir,
    int (*fn)(void *ctx, const char *name), void *ctx)
{
	struct gv_buf prefix = GV_BUF_INIT, next = GV_BUF_INIT;
	size_t pages = 0;
	int r;

	gv_buf_addf(&prefix, "%s/", dir);
	r = gv_buf_check(&prefix);
	do {
		struct gv_backend_call c = GV_BACKEND_CALL_INIT;
		const char *token;

		if (r == 0 && (r = ask_page(b, &c, prefix.p, next.p)) == 0)
			r = visit_page(&c, prefix.p, fn, ctx);
		token = gv_unjson_get_text(c.data, "NextToken");
		gv_buf_reset(&next);
		gv_buf_addstr(&next, token ? token : "");
		if (r == 0 && (r = gv_buf_check(&next)) == 0 &&
		    ++pages > MAX_PAGES)
			r = gv_err(
			    GV_ECORRUPT, "%s lists without an end", b->host.p);
		gv_backend_call_release(&c);
	} while (r == 0 && next.len);
	gv_buf_release(&prefix);
	gv_buf_release(&next);
	return r;
}

static int
health(struct gv_backend *b, struct gv_buf *out)
{
	struct gv_backend_call c = GV_BACKEND_CALL_INIT;
	int r;

	if ((r = gv_backend_add(&c.body, "{\"MaxResults\":1")) < 0 ||
	    (r = ask(b, &c, SERVICE "ListSecrets")) < 0)
		goto out;
	if (c.reply.status != 200) {
		r = gv_backend_say_aws(b, &c, "the list of secrets");
		goto out;
	}
	gv_buf_addf(out, "Secrets Manager of %s at %s", b->region.p, b->host.p);
	r = gv_buf_check(out);
out:
	gv_backend_call_release(&c);
	return r;
}

const struct gv_backend_ops gv_backend_aws = {
	.least = 1,
	.most = LARGEST,
	.open = gv_backend_open_aws,
	.store = store,
	.fetch = fetch_value,
	.delete = delete_value,
	.list = list,
	.health = health,
};
