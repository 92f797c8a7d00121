/*
 * HashiCorp Vault over its HTTP API: how one gets in and what its answers mean,
 * for what it keeps (backend_kv.c) and what it wraps (backend_transit.c).
 */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "format/unjson.h"
#include "key/backend_internal.h"
#include "net/profile.h"
#include "sys/env.h"

#define FIELDS_MAX 5
#define POD_TOKEN  "/var/run/secrets/kubernetes.io/serviceaccount/token"

/* ---- sending ---- */

static size_t
add_fields(struct gv_http_field fields[FIELDS_MAX], const struct gv_backend *b)
{
	const char *space =
	    b->vault->space ? b->vault->space : gv_env_get("VAULT_NAMESPACE");
	size_t n = 0;

	/* by which it knows that no browser was tricked into it */
	fields[n++] = (struct gv_http_field){ "X-Vault-Request", "true" };
	fields[n++] =
	    (struct gv_http_field){ "Content-Type", "application/json" };
	if (space)
		fields[n++] =
		    (struct gv_http_field){ "X-Vault-Namespace", space };
	if (b->token.len)
		fields[n++] = (struct gv_http_field){ "X-Vault-Token",
			(const char *)b->token.p };
	return n;
}

/* That it is sealed is no passing state. */
static bool
is_busy(const struct gv_http_reply *reply)
{
	return reply->status == 429 || reply->status == 412 ||
	    reply->status == 502 || reply->status == 504 ||
	    (reply->status == 503 && reply->retry_after);
}

int
gv_backend_ask_once(
    struct gv_backend *b, struct gv_backend_call *c, const char *method)
{
	struct gv_http_field fields[FIELDS_MAX];
	struct gv_buf url = GV_BUF_INIT;
	struct gv_http_request request = { .method = method, .fields = fields };
	int r;

	gv_unjson_free(c->doc);
	c->doc = NULL;
	c->data = NULL;
	gv_buf_addf(&url, "%s/v1/%s", b->url.p, c->path.p);
	request.url = url.p;
	request.n = add_fields(fields, b);
	request.body = c->body.len ? c->body.p : NULL;
	request.len = c->body.len;
	if ((r = gv_buf_check(&c->path)) == 0 && (r = gv_buf_check(&url)) == 0)
		r = gv_http_send(&c->reply, b->http, &request);
	gv_buf_release(&url);
	if (r < 0 || c->reply.body.len == 0)
		return r;
	r = gv_backend_parse(b, &c->doc, &c->reply);
	/* who stands before it may speak otherwise of failures */
	if (r == GV_ECORRUPT && c->reply.status >= 300)
		return 0;
	if (r == 0)
		c->data = gv_unjson_get(gv_unjson_root(c->doc), "data");
	return r;
}

static int
send_again(struct gv_backend *b, struct gv_backend_call *c, const char *method)
{
	unsigned tries = 0;
	int r;

	do
		r = gv_backend_ask_once(b, c, method);
	while (
	    r == 0 && gv_backend_pause(&c->reply, tries++, is_busy(&c->reply)));
	return r;
}

/* ---- getting in ---- */

static int
keep_token(struct gv_backend *b, const void *p, size_t len)
{
	int r;

	gv_secret_reset(&b->token);
	if ((r = gv_secret_add(&b->token, p, len)) == 0)
		r = gv_secret_add(&b->token, "", 1);
	if (r < 0)
		gv_secret_reset(&b->token);
	return r;
}

/* The role's id and its secret. */
static int
add_app_role(struct gv_backend_call *c)
{
	const char *role = gv_env_get("VAULT_ROLE_ID");
	int r;

	if ((r = gv_backend_add(&c->body, "{\"role_id\":")) < 0 ||
	    (r = gv_backend_add_text(&c->body, role)) < 0 ||
	    (r = gv_backend_add(&c->body, ",\"secret_id\":")) < 0)
		goto out;
	r = gv_backend_add_text(&c->body, gv_env_get("VAULT_SECRET_ID"));
out:
	gv_buf_addstr(&c->path, "auth/approle/login");
	return r;
}

/* The token that Kubernetes gives to each pod. */
static int
add_pod(struct gv_backend *b, struct gv_backend_call *c)
{
	const char *file = gv_env_get("VAULT_K8S_TOKEN_FILE");
	struct gv_secret token = GV_SECRET_INIT;
	int r = gv_profile_load(&token, file ? file : POD_TOKEN);

	if (r == 0 && (r = gv_secret_add(&token, "", 1)) == 0 &&
	    (r = gv_backend_add(&c->body, "{\"role\":")) == 0 &&
	    (r = gv_backend_add_text(&c->body, b->vault->role)) == 0 &&
	    (r = gv_backend_add(&c->body, ",\"jwt\":")) == 0)
		r = gv_backend_add_text(&c->body, (const char *)token.p);
	gv_buf_addstr(&c->path, "auth/kubernetes/login");
	gv_secret_release(&token);
	return r;
}

static bool
has_app_role(void)
{
	return gv_env_get("VAULT_ROLE_ID") && gv_env_get("VAULT_SECRET_ID");
}

static int
login(struct gv_backend *b)
{
	struct gv_backend_call c = GV_BACKEND_CALL_INIT;
	const char *token;
	int r;

	gv_secret_reset(&b->token);
	r = has_app_role() ? add_app_role(&c) : add_pod(b, &c);
	if (r < 0 || (r = gv_backend_add(&c.body, "}")) < 0 ||
	    (r = send_again(b, &c, "POST")) < 0)
		goto out;
	if (c.reply.status != 200) {
		r = gv_err(GV_ENOKEY, "%s does not let us in by %s: status %d",
		    b->host.p,
		    has_app_role() ? "VAULT_ROLE_ID and VAULT_SECRET_ID"
				   : "the token of this pod",
		    c.reply.status);
		goto out;
	}
	token = gv_unjson_get_text(
	    gv_unjson_get(gv_backend_root(&c), "auth"), "client_token");
	r = token
	    ? keep_token(b, token, strlen(token))
	    : gv_err(GV_ECORRUPT, "%s let us in without a token", b->host.p);
out:
	gv_backend_call_release(&c);
	return r;
}

static int
read_token_file(struct gv_backend *b)
{
	struct gv_buf path = GV_BUF_INIT;
	struct gv_secret token = GV_SECRET_INIT;
	int r = gv_env_expand(&path, "~/.vault-token");

	if (r == 0 && (r = gv_profile_load(&token, path.p)) == 0)
		r = keep_token(b, token.p, token.len);
	gv_secret_release(&token);
	gv_buf_release(&path);
	return r;
}

/* A login is made when a token is needed. */
static int
find_token(struct gv_backend *b)
{
	const char *token = gv_env_get("VAULT_TOKEN");
	int r;

	if (token)
		return keep_token(b, token, strlen(token));
	b->is_login = has_app_role() || b->vault->role;
	if (b->is_login)
		return 0;
	r = read_token_file(b);
	if (r != GV_ENOTFOUND)
		return r;
	return gv_err(GV_ENOKEY,
	    "no credentials for %s: set VAULT_TOKEN, or VAULT_ROLE_ID and "
	    "VAULT_SECRET_ID, or log in with 'vault login'",
	    b->host.p);
}

int
gv_backend_open_hashicorp(struct gv_backend *b)
{
	static const char *const variables[] = { "VAULT_ADDR", NULL };
	int r = gv_backend_set_address(b, variables, NULL);

	return r < 0 ? r : find_token(b);
}

/* ---- what an answer means ---- */

/* Why a right is missing: a token that is known has a life of its own. */
static int
say_refused(struct gv_backend *b, const char *path)
{
	struct gv_backend_call c = GV_BACKEND_CALL_INIT;
	int r;

	gv_buf_addstr(&c.path, "auth/token/lookup-self");
	if ((r = send_again(b, &c, "GET")) < 0)
		goto out;
	if (c.reply.status == 403)
		r = gv_err(GV_ENOKEY,
		    "%s: the token is expired or not known; get a new one%s",
		    b->host.p, b->is_login ? "" : " and set VAULT_TOKEN to it");
	else
		r = gv_err(GV_ENOKEY, "%s: the token has no right to %s",
		    b->host.p, path);
out:
	gv_backend_call_release(&c);
	return r;
}

int
gv_backend_say(struct gv_backend *b, const struct gv_backend_call *c)
{
	int status = c->reply.status;

	if (status == 403)
		return say_refused(b, c->path.p);
	if (status == 503)
		return gv_err(GV_ERROR,
		    "%s is sealed or down for now (status 503)", b->host.p);
	if (status == 429)
		return gv_err(GV_ERROR,
		    "%s has too much to do (status 429), also after some "
		    "waiting",
		    b->host.p);
	if (status >= 300 && status < 400)
		return gv_err(GV_EREFUSED,
		    "%s redirects to another address (status %d); set "
		    "VAULT_ADDR to that address",
		    b->host.p, status);
	if (status == 404)
		return gv_err(
		    GV_ENOTFOUND, "%s has nothing at %s", b->host.p, c->path.p);
	return gv_err(GV_ERROR, "%s refuses %s with status %d", b->host.p,
	    c->path.p, status);
}

/* A token of a login here that has expired is replaced, once. */
int
gv_backend_ask(
    struct gv_backend *b, struct gv_backend_call *c, const char *method)
{
	bool had_token = b->token.len > 0;
	int r = 0;

	if (b->is_login && !had_token && (r = login(b)) < 0)
		return r;
	if ((r = send_again(b, c, method)) < 0)
		return r;
	if (c->reply.status == 403 && b->is_login && had_token) {
		if ((r = login(b)) < 0 || (r = send_again(b, c, method)) < 0)
			return r;
	}
	return 0;
}

int
gv_backend_ask_for(struct gv_backend *b, struct gv_backend_call *c,
    const char *method, int status)
{
	int r = gv_backend_ask(b, c, method);

	if (r == 0 && c->reply.status != status && c->reply.status != 204)
		r = gv_backend_say(b, c);
	return r;
}

void
gv_backend_add_path(struct gv_buf *out, const struct gv_backend *b,
    const char *verb, const char *path)
{
	gv_http_escape(out, b->vault->mount, true);
	gv_buf_addf(out, "/%s/", verb);
	gv_http_escape(out, path, true);
}

/* ---- health ---- */

static int
renew(struct gv_backend *b)
{
	struct gv_backend_call c = GV_BACKEND_CALL_INIT;
	int r;

	gv_buf_addstr(&c.path, "auth/token/renew-self");
	if ((r = gv_backend_add(&c.body, "{}")) == 0)
		r = gv_backend_ask_for(b, &c, "POST", 200);
	gv_backend_call_release(&c);
	return r;
}

/* How long the token is good, renewed where half of that is over. */
static int
check_token(struct gv_backend *b, struct gv_buf *out)
{
	struct gv_backend_call c = GV_BACKEND_CALL_INIT;
	const struct gv_unjson_node *renewable;
	int64_t left, all;
	int r;

	gv_buf_addstr(&c.path, "auth/token/lookup-self");
	if ((r = gv_backend_ask_for(b, &c, "GET", 200)) == 0) {
		left = gv_unjson_count(gv_unjson_get(c.data, "ttl"));
		all = gv_unjson_count(gv_unjson_get(c.data, "creation_ttl"));
		renewable = gv_unjson_get(c.data, "renewable");
		if (renewable && renewable->kind == GV_UNJSON_TRUE &&
		    left > 0 && left < all / 2) {
			r = renew(b);
			gv_buf_addstr(out, "; the token was renewed");
		} else if (left > 0) {
			gv_buf_addf(out, "; the token is good for %lld s",
			    (long long)left);
		} else {
			gv_buf_addstr(out, "; the token does not expire");
		}
	}
	gv_backend_call_release(&c);
	return r;
}

int
gv_backend_health_hashicorp(struct gv_backend *b, struct gv_buf *out)
{
	struct gv_backend_call c = GV_BACKEND_CALL_INIT;
	const char *version;
	size_t before = out->len;
	int r;

	gv_buf_addstr(&c.path, "sys/health?standbyok=true&perfstandbyok=true");
	if ((r = gv_backend_ask_once(b, &c, "GET")) == 0 &&
	    c.reply.status == 501)
		r = gv_err(GV_ERROR, "%s is not initialised", b->host.p);
	else if (r == 0 && c.reply.status == 503)
		r = gv_err(
		    GV_ERROR, "%s is sealed or down (status 503)", b->host.p);
	else if (r == 0 && c.reply.status != 200)
		r = gv_backend_say(b, &c);
	if (r < 0)
		goto out;
	version = gv_unjson_get_text(gv_backend_root(&c), "version");
	gv_buf_addf(out, "Vault%s%.32s at %s", version ? " " : "",
	    version ? version : "", b->host.p);
	if ((r = check_token(b, out)) < 0)
		goto out;
	r = gv_buf_check(out);
out:
	if (r < 0)
		gv_buf_truncate(out, before);
	gv_backend_call_release(&c);
	return r;
}
