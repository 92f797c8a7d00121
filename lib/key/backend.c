#include "key/backend.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "format/unjson.h"
#include "key/backend_internal.h"
#include "sys/cancel.h"
#include "sys/clock.h"
#include "sys/env.h"

#define MOST_TRIES  5
#define FIRST_PAUSE 100  /* milliseconds */
#define LONGEST     5000 /* that an answer may have us wait */

static const struct gv_backend_ops *const kinds[] = {
	[GV_POLICY_HASHICORP] = &gv_backend_hashicorp,
	[GV_POLICY_AWS] = &gv_backend_aws,
	[GV_POLICY_TRANSIT] = &gv_backend_transit,
	[GV_POLICY_KMS] = &gv_backend_kms,
};

/* ---- opening ---- */

/* Milliseconds until we give up, for who has a slow line, or a test. */
static void
set_times(struct gv_http_opts *opts)
{
	const char *text = gv_env_get("GIT_VAULT_TIMEOUT");
	long seconds = text ? strtol(text, NULL, 10) : 0;

	if (seconds > 0 && seconds <= 3600)
		opts->connect_ms = opts->answer_ms = (int)seconds * 1000;
}

int
gv_backend_open(struct gv_backend **out, const struct gv_policy_vault *vault)
{
	struct gv_http_opts opts = GV_HTTP_OPTS_INIT;
	struct gv_backend *b = calloc(1, sizeof(*b));
	bool is_amazon;
	int r;

	if (b == NULL)
		return gv_err_nomem();
	b->vault = vault;
	b->ops = kinds[vault->kind];
	b->url = b->host = b->id = b->region = (struct gv_buf)GV_BUF_INIT;
	is_amazon =
	    vault->kind == GV_POLICY_AWS || vault->kind == GV_POLICY_KMS;
	opts.ca = gv_env_get(is_amazon ? "AWS_CA_BUNDLE" : "VAULT_CACERT");
	set_times(&opts);
	if ((r = b->ops->open(b)) == 0)
		r = gv_http_new(&b->http, &opts);
	if (r < 0)
		gv_backend_close(b);
	else
		*out = b;
	return r < 0 ? gv_err_in(r, "vault %s", vault->name) : 0;
}

void
gv_backend_close(struct gv_backend *b)
{
	if (b == NULL)
		return;
	gv_http_free(b->http);
	gv_buf_release(&b->url);
	gv_buf_release(&b->host);
	gv_buf_release(&b->id);
	gv_buf_release(&b->region);
	gv_secret_release(&b->token);
	gv_secret_release(&b->key);
	free(b);
}

static size_t
length_without_slash(const char *url)
{
	size_t len = strlen(url);

	while (len && url[len - 1] == '/')
		len--;
	return len;
}

int
gv_backend_set_address(
    struct gv_backend *b, const char *const *variables, const char *fallback)
{
	const char *said = b->vault->address, *ours = NULL;
	const char *const *v;
	size_t len;
	int r;

	for (v = variables; *v && ours == NULL; v++)
		ours = gv_env_get(*v);
	if (ours == NULL)
		ours = fallback;
	if (ours == NULL)
		return gv_err(GV_EREFUSED,
		    "nothing says where it is: set %s%s%s", variables[0],
		    said ? " to " : "", said ? said : "");
	len = length_without_slash(ours);
	if (said &&
	    (length_without_slash(said) != len || memcmp(said, ours, len) != 0))
		return gv_err(GV_EREFUSED,
		    "its address is %s, but this host trusts %s; to change "
		    "that, set %s",
		    said, ours, variables[0]);
	gv_buf_add(&b->url, ours, len);
	r = gv_buf_check(&b->url);
	return r < 0 ? r : gv_http_host(&b->host, b->url.p);
}

int
gv_backend_path(struct gv_buf *out, const struct gv_backend *b,
    const char *scope, const char *id)
{
	const char *part = scope;

	for (;;) {
		size_t len = strcspn(part, "/");

		if (len == 0 || (len <= 2 && strspn(part, ".") == len))
			return gv_err(GV_EREFUSED,
			    "the scope '%.64s' cannot be part of a path in the "
			    "vault %s",
			    scope, b->vault->name);
		part += len;
		if (*part++ == '\0')
			break;
	}
	gv_buf_addf(out, "%s/%s/%s", b->vault->path, scope, id);
	return gv_buf_check(out);
}

/* ---- sending ---- */

bool
gv_backend_pause(
    const struct gv_http_reply *reply, unsigned tries, bool is_busy)
{
	int ms = FIRST_PAUSE << tries;

	if (!is_busy || tries + 1 >= MOST_TRIES || gv_cancel_requested())
		return false;
	if (reply->retry_after * 1000 > LONGEST)
		return false;
	if (reply->retry_after * 1000 > ms)
		ms = reply->retry_after * 1000;
	gv_clock_sleep(ms);
	return true;
}

void
gv_backend_call_release(struct gv_backend_call *c)
{
	gv_unjson_free(c->doc);
	gv_http_reply_release(&c->reply);
	gv_secret_release(&c->body);
	gv_buf_release(&c->path);
}

/* ---- the verbs ---- */

static int
cannot(const struct gv_backend *b)
{
	return gv_err(GV_EREFUSED, "the vault %s %s", b->vault->name,
	    b->ops->store ? "keeps values and wraps no keys"
			  : "wraps keys and keeps no values");
}

int
gv_backend_check_size(const struct gv_backend *b, size_t len)
{
	const struct gv_backend_ops *ops = b->ops;

	if (len >= ops->least && (ops->most == 0 || len <= ops->most))
		return 0;
	return gv_err(GV_EREFUSED,
	    "a secret of %zu bytes cannot be stored in %s, which takes %zu to "
	    "%zu",
	    len, b->host.p, ops->least, ops->most);
}

int
gv_backend_store(struct gv_backend *b, struct gv_backend_version *version,
    const char *path, const void *p, size_t len)
{
	int r = b->ops->store ? gv_backend_check_size(b, len) : cannot(b);

	return r < 0 ? r : b->ops->store(b, version, path, p, len);
}

int
gv_backend_fetch(struct gv_backend *b, struct gv_secret *out, const char *path,
    const char *version)
{
	if (b->ops->fetch == NULL)
		return cannot(b);
	return b->ops->fetch(b, out, path, version);
}

int
gv_backend_delete(struct gv_backend *b, const char *path)
{
	if (b->ops->delete == NULL)
		return cannot(b);
	return b->ops->delete (b, path);
}

int
gv_backend_list(struct gv_backend *b, const char *dir,
    int (*fn)(void *ctx, const char *name), void *ctx)
{
	if (b->ops->list == NULL)
		return cannot(b);
	return b->ops->list(b, dir, fn, ctx);
}

int
gv_backend_health(struct gv_backend *b, struct gv_buf *out)
{
	return b->ops->health(b, out);
}

int
gv_backend_wrap(
    struct gv_backend *b, struct gv_buf *out, const void *p, size_t len)
{
	if (b->ops->wrap == NULL)
		return cannot(b);
	if (len > GV_BACKEND_WRAP_MAX)
		return gv_err(GV_EREFUSED,
		    "%zu bytes are too many to be wrapped: at most %zu", len,
		    GV_BACKEND_WRAP_MAX);
	return b->ops->wrap(b, out, p, len);
}

int
gv_backend_unwrap(struct gv_backend *b, struct gv_secret *out, const char *text)
{
	if (b->ops->unwrap == NULL)
		return cannot(b);
	return b->ops->unwrap(b, out, text);
}
