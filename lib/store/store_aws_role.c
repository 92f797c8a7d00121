#include "store/store_aws.h"

#include <string.h>

#include "base/err.h"
#include "net/http.h"
#include "net/profile.h"
#include "store/store.h"
#include "store/store_xml.h"
#include "sys/env.h"

/*
 * A web identity: a token that a cluster or a pipeline puts into a file, for
 * which Amazon's token service gives the credentials of a role. The request is
 * not signed; the token is what counts, and travels in its body.
 */

static int
set_address(struct gv_buf *url, const struct gv_store_aws_profile *profile,
    const struct gv_store_opts *opts)
{
	const char *given = gv_env_get("AWS_ENDPOINT_URL_STS");
	const char *region = opts->region;

	if (region == NULL)
		region = gv_env_get("AWS_REGION");
	if (region == NULL)
		region = gv_env_get("AWS_DEFAULT_REGION");
	if (region == NULL && profile && profile->region.len)
		region = profile->region.p;
	if (given)
		gv_buf_addstr(url, given);
	else if (region)
		gv_buf_addf(url, "https://sts.%s.amazonaws.com%s", region,
		    strncmp(region, "cn-", 3) == 0 ? ".cn" : "");
	else
		gv_buf_addstr(url, "https://sts.amazonaws.com");
	return gv_buf_check(url);
}

/* A token has letters, digits and "._-" in it: it needs no escapes, and one
 * that did would be none. */
static int
make_body(struct gv_secret *body, const char *role, const char *session,
    const char *file)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._-=";
	struct gv_secret token = GV_SECRET_INIT;
	struct gv_buf text = GV_BUF_INIT;
	int r = gv_profile_load(&token, file);

	if (r < 0)
		goto out;
	if ((r = gv_secret_add(&token, "", 1)) < 0)
		goto out;
	if (strspn((const char *)token.p, letters) + 1 != token.len ||
	    token.len == 1) {
		r = gv_err(GV_ENOKEY, "%s holds no web identity token", file);
		goto out;
	}
	gv_buf_addstr(&text,
	    "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=");
	gv_http_escape(&text, role, false);
	gv_buf_addstr(&text, "&RoleSessionName=");
	gv_http_escape(&text, session, false);
	gv_buf_addstr(&text, "&WebIdentityToken=");
	if ((r = gv_buf_check(&text)) == 0 &&
	    (r = gv_secret_add(body, text.p, text.len)) == 0)
		r = gv_secret_add(body, token.p, token.len - 1);
out:
	gv_secret_release(&token);
	gv_buf_release(&text);
	return r;
}

static int
ask(struct gv_store_aws *key, const char *url, const struct gv_secret *body)
{
	const struct gv_http_field field = { "content-type",
		"application/x-www-form-urlencoded" };
	const struct gv_http_request request = { "POST", url, &field, 1,
		body->p, body->len };
	struct gv_http_opts opts = GV_HTTP_OPTS_INIT;
	struct gv_http_reply reply = GV_HTTP_REPLY_INIT;
	struct gv_http *http = NULL;
	char code[64];
	int r;

	opts.max_body = (size_t)1 << 18;
	opts.ca = gv_env_get("AWS_CA_BUNDLE");
	if ((r = gv_http_new(&http, &opts)) < 0 ||
	    (r = gv_http_send(&reply, http, &request)) < 0)
		goto out;
	r = reply.status == 200
	    ? gv_store_aws_role_xml(key, reply.body.p, reply.body.len)
	    : GV_ENOKEY;
	if (r == GV_ENOKEY) {
		gv_store_xml_code(
		    code, sizeof(code), reply.body.p, reply.body.len);
		r = gv_err(GV_ENOKEY,
		    "no credentials for the web identity of this host: the "
		    "token service answers %d %s",
		    reply.status, code);
	}
out:
	gv_http_reply_release(&reply);
	gv_http_free(http);
	return r;
}

int
gv_store_aws_role(struct gv_store_aws *key,
    const struct gv_store_aws_profile *profile,
    const struct gv_store_opts *opts)
{
	const char *role = gv_env_get("AWS_ROLE_ARN");
	const char *file = gv_env_get("AWS_WEB_IDENTITY_TOKEN_FILE");
	const char *session = gv_env_get("AWS_ROLE_SESSION_NAME");
	struct gv_secret body = GV_SECRET_INIT;
	struct gv_buf url = GV_BUF_INIT;
	int r;

	if (profile) {
		role = profile->role.p;
		file = profile->token_file.p;
		if (profile->session.len)
			session = profile->session.p;
	}
	if (role == NULL || file == NULL)
		return GV_ENOTFOUND;
	r = set_address(&url, profile, opts);
	if (r == 0)
		r = make_body(
		    &body, role, session ? session : "git-vault", file);
	if (r == 0)
		r = ask(key, url.p, &body);
	gv_secret_release(&body);
	gv_buf_release(&url);
	/* a token's file that is missing is a fault, and no other place */
	return r == GV_ENOTFOUND ? GV_ENOKEY : r;
}
