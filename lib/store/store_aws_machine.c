#include "store/store_aws.h"

#include <string.h>

#include "base/err.h"
#include "net/http.h"
#include "net/profile.h"
#include "sys/env.h"

/*
 * Credentials that a machine or a container of Amazon's gets from an address
 * that only it can reach. Where nobody answers there is no such thing here.
 */

#define CONTAINER "http://169.254.170.2"
#define MACHINE   "http://169.254.169.254"
#define ROLES     "/latest/meta-data/iam/security-credentials/"
#define WITHIN_MS 1000 /* these are near */

static int
open_client(struct gv_http **http)
{
	struct gv_http_opts opts = GV_HTTP_OPTS_INIT;

	opts.connect_ms = WITHIN_MS;
	opts.answer_ms = 5 * WITHIN_MS;
	opts.max_body = (size_t)1 << 16;
	opts.is_link_local = true;
	return gv_http_new(http, &opts);
}

static int
say_bad(const char *whom)
{
	return gv_err(GV_ENOKEY,
	    "the service that gives %s its credentials gives none", whom);
}

/* ---- a container's ---- */

/* The token in a file is replaced now and then, so it is read each time. */
static int
container_token(struct gv_secret *out)
{
	const char *file = gv_env_get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
	const char *token = gv_env_get("AWS_CONTAINER_AUTHORIZATION_TOKEN");
	int r = 0;

	if (file)
		r = gv_profile_load(out, file);
	else if (token)
		r = gv_secret_add(out, token, strlen(token));
	return r < 0 || out->len == 0 ? r : gv_secret_add(out, "", 1);
}

int
gv_store_aws_container(struct gv_store_aws *key)
{
	const char *relative =
	    gv_env_get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
	const char *full = gv_env_get("AWS_CONTAINER_CREDENTIALS_FULL_URI");
	struct gv_http_reply reply = GV_HTTP_REPLY_INIT;
	struct gv_secret token = GV_SECRET_INIT;
	struct gv_buf url = GV_BUF_INIT;
	struct gv_http_field field = { "authorization", "" };
	struct gv_http_request request = { .method = "GET" };
	struct gv_http *http = NULL;
	int r;

	if (relative == NULL && full == NULL)
		return GV_ENOTFOUND;
	if (relative)
		gv_buf_addf(&url, CONTAINER "%s", relative);
	else
		gv_buf_addstr(&url, full);
	if ((r = gv_buf_check(&url)) < 0 || (r = container_token(&token)) < 0 ||
	    (r = open_client(&http)) < 0)
		goto out;
	request.url = url.p;
	if (token.len) {
		field.value = (const char *)token.p;
		request.fields = &field;
		request.n = 1;
	}
	if ((r = gv_http_send(&reply, http, &request)) < 0)
		goto out;
	r = reply.status == 200 ? gv_store_aws_json(key, &reply.body)
				: GV_ENOKEY;
	if (r == GV_ENOKEY)
		r = say_bad("this container");
out:
	gv_http_reply_release(&reply);
	gv_http_free(http);
	gv_secret_release(&token);
	gv_buf_release(&url);
	return r;
}

/* ---- a machine's ---- */

struct machine {
	struct gv_http *http;
	const char *base;
	struct gv_secret token;
	struct gv_http_reply reply;
};

static int
ask(struct machine *m, const char *method, const char *path, const char *name,
    const char *value)
{
	const struct gv_http_field field = { name, value };
	struct gv_http_request request = {
		.method = method, .fields = &field, .n = 1
	};
	struct gv_buf url = GV_BUF_INIT;
	int r;

	gv_buf_addf(&url, "%s%s", m->base, path);
	request.url = url.p;
	if (strcmp(method, "PUT") == 0)
		request.body = "";
	r = gv_buf_check(&url);
	if (r == 0)
		r = gv_http_send(&m->reply, m->http, &request);
	gv_buf_release(&url);
	return r;
}

static int
get(struct machine *m, const char *path)
{
	return ask(m, "GET", path, "x-aws-ec2-metadata-token",
	    (const char *)m->token.p);
}

/* A token first: what is tricked into a request of its own has none. */
static int
ask_machine(struct machine *m, struct gv_store_aws *key)
{
	struct gv_buf path = GV_BUF_INIT;
	const char *role;
	int r = ask(m, "PUT", "/latest/api/token",
	    "x-aws-ec2-metadata-token-ttl-seconds", "300");

	if (r == GV_ECANCELED || r == GV_ENOMEM)
		return r;
	if (r < 0 || m->reply.status != 200 || m->reply.body.len == 0)
		return GV_ENOTFOUND;
	if ((r = gv_profile_keep(&m->token,
		 (struct gv_profile_piece){
		     (const char *)m->reply.body.p, m->reply.body.len })) < 0 ||
	    (r = get(m, ROLES)) < 0)
		return r;
	if (m->reply.status != 200)
		return GV_ENOTFOUND;
	/* the name of the only role, in the first line */
	role = (const char *)m->reply.body.p;
	gv_buf_addstr(&path, ROLES);
	gv_buf_add(&path, role, strcspn(role, "\r\n?#/ "));
	r = gv_buf_check(&path);
	if (r == 0)
		r = get(m, path.p);
	if (r == 0)
		r = m->reply.status == 200
		    ? gv_store_aws_json(key, &m->reply.body)
		    : GV_ENOKEY;
	if (r == GV_ENOKEY)
		r = say_bad("this machine");
	gv_buf_release(&path);
	return r;
}

int
gv_store_aws_machine(struct gv_store_aws *key)
{
	const char *off = gv_env_get("AWS_EC2_METADATA_DISABLED");
	struct machine m = { .base = gv_env_get(
				 "AWS_EC2_METADATA_SERVICE_ENDPOINT"),
		.token = GV_SECRET_INIT,
		.reply = GV_HTTP_REPLY_INIT };
	int r;

	if (off && (strcmp(off, "true") == 0 || strcmp(off, "TRUE") == 0))
		return GV_ENOTFOUND;
	if (m.base == NULL)
		m.base = MACHINE;
	r = open_client(&m.http);
	if (r == 0)
		r = ask_machine(&m, key);
	gv_http_reply_release(&m.reply);
	gv_secret_release(&m.token);
	gv_http_free(m.http);
	return r;
}
