/*
 * Amazon's services as they are talked to: JSON by POST, the verb in a field,
 * each request signed. A failure has a name in "__type".
 */
#include <string.h>

#include "base/enc.h"
#include "base/err.h"
#include "base/time.h"
#include "format/unjson.h"
#include "key/backend_internal.h"
#include "net/profile.h"
#include "net/sigv4.h"
#include "sys/clock.h"
#include "sys/env.h"

/* ---- credentials ---- */

/* With a NUL behind it, which counts. */
static int
keep(struct gv_secret *out, const char *text)
{
	return text ? gv_secret_add(out, text, strlen(text) + 1) : 0;
}

static int
take_profile(struct gv_backend *b)
{
	struct gv_backend_profile found = { GV_SECRET_INIT, GV_SECRET_INIT,
		GV_SECRET_INIT };
	const char *file = gv_env_get("AWS_SHARED_CREDENTIALS_FILE");
	const char *name = gv_env_get("AWS_PROFILE");
	struct gv_secret text = GV_SECRET_INIT;
	struct gv_buf path = GV_BUF_INIT;
	int r = gv_env_expand(&path, file ? file : "~/.aws/credentials");

	if (name == NULL)
		name = "default";
	if (r < 0 || (r = gv_profile_load(&text, path.p)) < 0 ||
	    (r = gv_backend_profile_read(
		 &found, name, (const char *)text.p, text.len)) < 0)
		goto out;
	gv_buf_addstr(&b->id, (const char *)found.id.p);
	if ((r = gv_secret_add(&b->key, found.key.p, found.key.len)) < 0)
		goto out;
	if (found.token.len)
		r = gv_secret_add(&b->token, found.token.p, found.token.len);
out:
	if (r == GV_ENOTFOUND)
		r = gv_err(GV_ENOKEY,
		    "no credentials for %s: set AWS_ACCESS_KEY_ID and "
		    "AWS_SECRET_ACCESS_KEY, or have the profile %.64s in %s",
		    b->host.p, name, path.p);
	gv_backend_profile_release(&found);
	gv_secret_release(&text);
	gv_buf_release(&path);
	return r;
}

static int
take_credentials(struct gv_backend *b)
{
	const char *id = gv_env_get("AWS_ACCESS_KEY_ID");
	const char *key = gv_env_get("AWS_SECRET_ACCESS_KEY");
	int r;

	if (id == NULL || key == NULL)
		return take_profile(b);
	gv_buf_addstr(&b->id, id);
	if ((r = keep(&b->key, key)) == 0)
		r = keep(&b->token, gv_env_get("AWS_SESSION_TOKEN"));
	return r < 0 ? r : gv_buf_check(&b->id);
}

static int
take_region(struct gv_backend *b)
{
	static const char *const variables[] = { "AWS_REGION",
		"AWS_DEFAULT_REGION", NULL };
	const char *region = b->vault->region;
	const char *const *v;

	for (v = variables; *v && region == NULL; v++)
		region = gv_env_get(*v);
	if (region == NULL || *region == '\0' ||
	    strspn(region, "abcdefghijklmnopqrstuvwxyz0123456789-") !=
		strlen(region))
		return gv_err(GV_EREFUSED,
		    "nothing says its region: 'region' in the policy, or "
		    "AWS_REGION");
	gv_buf_addstr(&b->region, region);
	return gv_buf_check(&b->region);
}

int
gv_backend_open_aws(struct gv_backend *b)
{
	static const char *const variables[][3] = {
		{ "AWS_ENDPOINT_URL_SECRETS_MANAGER", "AWS_ENDPOINT_URL",
		    NULL },
		{ "AWS_ENDPOINT_URL_KMS", "AWS_ENDPOINT_URL", NULL },
	};
	bool is_kms = b->vault->kind == GV_POLICY_KMS;
	struct gv_buf usual = GV_BUF_INIT;
	int r;

	if ((r = take_region(b)) < 0)
		goto out;
	gv_buf_addf(&usual, "https://%s.%s.amazonaws.com%s",
	    is_kms ? "kms" : "secretsmanager", b->region.p,
	    strncmp(b->region.p, "cn-", 3) == 0 ? ".cn" : "");
	if ((r = gv_buf_check(&usual)) < 0)
		goto out;
	r = gv_backend_set_address(b, variables[is_kms], usual.p);
out:
	gv_buf_release(&usual);
	return r < 0 ? r : take_credentials(b);
}

/* ---- sending ---- */

static bool
is_busy(const struct gv_backend_call *c)
{
	const char *name = gv_backend_failure(c);

	return c->reply.status >= 500 || c->reply.status == 429 ||
	    strstr(name, "Throttling") || strcmp(name, "SlowDown") == 0 ||
	    strcmp(name, "TooManyRequestsException") == 0 ||
	    strcmp(name, "RequestLimitExceeded") == 0;
}

/* Signed each time: a signature is good for some minutes. */
static int
send_once(struct gv_backend *b, struct gv_backend_call *c, const char *target)
{
	bool is_kms = b->vault->kind == GV_POLICY_KMS;
	char date[GV_TIME_MAX];
	struct gv_buf authorization = GV_BUF_INIT;
	struct gv_sigv4_field f[7] = {
		{ "content-type", "application/x-amz-json-1.1" },
		{ "host", b->host.p },
		{ "x-amz-date", date },
		{ "x-amz-target", target },
	};
	struct gv_sigv4 what = { .method = "POST",
		.path = "/",
		.query = "",
		.region = b->region.p,
		.service = is_kms ? "kms" : "secretsmanager",
		.now = gv_clock_now().tv_sec,
		.fields = f,
		.n = 4,
		.body = c->body.p,
		.len = c->body.len };
	const struct gv_sigv4_key key = { b->id.p, b->key.p, b->key.len - 1 };
	struct gv_http_field fields[7];
	struct gv_http_request request = { "POST", NULL, fields, 0, c->body.p,
		c->body.len };
	int r;

	gv_time_compact(date, what.now);
	if (b->token.len)
		f[what.n++] = (struct gv_sigv4_field){ "x-amz-security-token",
			(const char *)b->token.p };
	r = gv_sigv4_authorize(&authorization, &what, &key);
	for (; request.n < what.n; request.n++)
		fields[request.n] = (struct gv_http_field){ f[request.n].name,
			f[request.n].value };
	fields[request.n++] =
	    (struct gv_http_field){ "authorization", authorization.p };
	gv_buf_reset(&c->path);
	gv_buf_addf(&c->path, "%s/", b->url.p);
	request.url = c->path.p;
	if (r == 0 && (r = gv_buf_check(&c->path)) == 0)
		r = gv_http_send(&c->reply, b->http, &request);
	gv_buf_release(&authorization);
	return r;
}

int
gv_backend_ask_aws(
    struct gv_backend *b, struct gv_backend_call *c, const char *target)
{
	unsigned tries = 0;
	int r;

	do {
		gv_unjson_free(c->doc);
		c->doc = NULL;
		if ((r = send_once(b, c, target)) == 0 && c->reply.body.len)
			r = gv_backend_parse(b, &c->doc, &c->reply);
		/* who stands before it may speak otherwise of failures */
		if (r == GV_ECORRUPT && c->reply.status != 200)
			r = 0;
	} while (r == 0 && gv_backend_pause(&c->reply, tries++, is_busy(c)));
	c->data = gv_backend_root(c);
	return r;
}

const char *
gv_backend_failure(const struct gv_backend_call *c)
{
	const char *name = gv_unjson_get_text(gv_backend_root(c), "__type"),
		   *end;

	if (name == NULL)
		return "";
	end = strrchr(name, '#');
	return end ? end + 1 : name;
}

/* Letters only, since it is shown. */
static const char *
plain(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	size_t len = strlen(name);

	return len && len <= 64 && strspn(name, letters) == len ? name
								: "unknown";
}

int
gv_backend_say_aws(
    struct gv_backend *b, const struct gv_backend_call *c, const char *what)
{
	const char *name = gv_backend_failure(c);

	if (strstr(name, "ExpiredToken"))
		return gv_err(GV_ENOKEY,
		    "%s: the token of the session is expired; get a new one "
		    "and set AWS_SESSION_TOKEN to it",
		    b->host.p);
	if (strstr(name, "UnrecognizedClient") ||
	    strstr(name, "InvalidClientTokenId") ||
	    strstr(name, "InvalidSignature") ||
	    strstr(name, "SignatureDoesNotMatch") ||
	    strstr(name, "MissingAuthenticationToken"))
		return gv_err(GV_ENOKEY,
		    "%s does not know the access key, or not with this secret "
		    "(or this host's clock is off): %s",
		    b->host.p, plain(name));
	if (strstr(name, "AccessDenied") || c->reply.status == 403)
		return gv_err(GV_ENOKEY,
		    "%s: the access key has no right to %s", b->host.p, what);
	if (strstr(name, "NotFoundException"))
		return gv_err(
		    GV_ENOTFOUND, "%s has nothing at %s", b->host.p, what);
	if (is_busy(c))
		return gv_err(GV_ERROR,
		    "%s has too much to do or is down (status %d), also after "
		    "some waiting",
		    b->host.p, c->reply.status);
	if (c->reply.status >= 300 && c->reply.status < 400)
		return gv_err(GV_EREFUSED,
		    "%s redirects to another address (status %d)", b->host.p,
		    c->reply.status);
	return gv_err(GV_ERROR, "%s refuses %s with status %d: %s", b->host.p,
	    what, c->reply.status, plain(name));
}
