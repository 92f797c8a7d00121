#include "store/store_aws.h"

#include <string.h>

#include "base/err.h"
#include "base/time.h"
#include "format/unjson.h"
#include "net/profile.h"
#include "store/store.h"
#include "store/store_xml.h"
#include "sys/env.h"
#include "sys/proc.h"

void
gv_store_aws_release(struct gv_store_aws *key)
{
	gv_secret_release(&key->id);
	gv_secret_release(&key->secret);
	gv_secret_release(&key->token);
	key->expires = 0;
}

void
gv_store_aws_profile_release(struct gv_store_aws_profile *profile)
{
	gv_buf_release(&profile->region);
	gv_buf_release(&profile->endpoint);
	gv_buf_release(&profile->ca);
	gv_buf_release(&profile->role);
	gv_buf_release(&profile->token_file);
	gv_buf_release(&profile->session);
	gv_buf_release(&profile->process);
}

/* ---- what a profile, a program or a service tells ---- */

/* Where a line of a profile goes. */
struct reading {
	struct gv_store_aws_profile *profile;
	struct gv_store_aws *key;
};

static int
take_line(
    void *ctx, struct gv_profile_piece name, struct gv_profile_piece value)
{
	struct reading *r = ctx;
	struct gv_store_aws_profile *p = r->profile;
	struct gv_store_aws *k = r->key;
	const struct {
		const char *name;
		struct gv_buf *to;
	} texts[] = { { "region", &p->region },
		{ "endpoint_url", &p->endpoint }, { "ca_bundle", &p->ca },
		{ "role_arn", &p->role },
		{ "web_identity_token_file", &p->token_file },
		{ "role_session_name", &p->session },
		{ "credential_process", &p->process } };
	size_t i;

	if (gv_profile_is(name, "aws_access_key_id"))
		return gv_profile_keep(&k->id, value);
	if (gv_profile_is(name, "aws_secret_access_key"))
		return gv_profile_keep(&k->secret, value);
	if (gv_profile_is(name, "aws_session_token"))
		return gv_profile_keep(&k->token, value);
	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (gv_profile_is(name, texts[i].name)) {
			gv_buf_release(texts[i].to);
			*texts[i].to = (struct gv_buf)GV_BUF_INIT;
			gv_buf_add(texts[i].to, value.p, value.len);
			return gv_buf_check(texts[i].to);
		}
	return 0;
}

int
gv_store_aws_profile_read(struct gv_store_aws_profile *out,
    struct gv_store_aws *key, const void *text, size_t len, const char *name,
    bool is_config)
{
	struct reading reading = { out, key };
	struct gv_buf section = GV_BUF_INIT;
	int r;

	if (is_config && strcmp(name, "default") != 0)
		gv_buf_addstr(&section, "profile ");
	gv_buf_addstr(&section, name);
	r = gv_buf_check(&section);
	if (r == 0)
		r = gv_profile_each(text, len, section.p, take_line, &reading);
	gv_buf_release(&section);
	return r;
}

static int
keep(struct gv_secret *out, const char *text)
{
	gv_secret_reset(out);
	return text ? gv_secret_add(out, text, strlen(text) + 1) : 0;
}

int
gv_store_aws_json(struct gv_store_aws *key, struct gv_secret *text)
{
	const struct gv_unjson_node *root;
	struct gv_unjson *doc = NULL;
	const char *id, *secret, *token, *expires;
	int r;

	/* the reader wants a byte behind it */
	if ((r = gv_secret_grow(text, 1)) < 0)
		return r;
	text->p[text->len] = '\0';
	r = gv_unjson_parse(&doc, "credentials", (char *)text->p, text->len);
	if (r < 0)
		return r == GV_ENOMEM ? r : GV_ENOKEY;
	root = gv_unjson_root(doc);
	id = gv_unjson_get_text(root, "AccessKeyId");
	secret = gv_unjson_get_text(root, "SecretAccessKey");
	token = gv_unjson_get_text(root, "Token");
	if (token == NULL)
		token = gv_unjson_get_text(root, "SessionToken");
	expires = gv_unjson_get_text(root, "Expiration");
	key->expires = 0;
	if (expires)
		(void)gv_time_parse_rfc3339(&key->expires, expires);
	r = id && secret ? 0 : GV_ENOKEY;
	if (r == 0 && (r = keep(&key->id, id)) == 0 &&
	    (r = keep(&key->secret, secret)) == 0)
		r = keep(&key->token, token);
	gv_unjson_free(doc);
	return r;
}

static int
keep_element(
    struct gv_secret *out, const void *xml, size_t len, const char *element)
{
	long n;
	int r;

	gv_secret_reset(out);
	if ((r = gv_secret_grow(out, len * 3 / 2 + 1)) < 0)
		return r;
	n = gv_store_xml_secret((char *)out->p, xml, len, element);
	if (n <= 0 || memchr(out->p, '\0', (size_t)n))
		return GV_ENOKEY;
	out->len = (size_t)n;
	return gv_secret_add(out, "", 1);
}

int
gv_store_aws_role_xml(struct gv_store_aws *key, const void *xml, size_t len)
{
	struct gv_buf expires = GV_BUF_INIT;
	int r = keep_element(&key->id, xml, len, "AccessKeyId");

	if (r == 0)
		r = keep_element(&key->secret, xml, len, "SecretAccessKey");
	if (r == 0)
		r = keep_element(&key->token, xml, len, "SessionToken");
	key->expires = 0;
	if (r == 0 && gv_store_xml_text(&expires, xml, len, "Expiration") == 0)
		(void)gv_time_parse_rfc3339(&key->expires, expires.p);
	gv_buf_release(&expires);
	return r;
}

/* ---- the files of profiles ---- */

static const char *
profile_name(const struct gv_store_opts *opts)
{
	const char *name = opts->profile;

	if (name == NULL)
		name = gv_env_get("AWS_PROFILE");
	if (name == NULL)
		name = gv_env_get("AWS_DEFAULT_PROFILE");
	return name ? name : "default";
}

static int
read_file(struct gv_store_aws_profile *out, struct gv_store_aws *key,
    const char *variable, const char *usual, const char *name, bool is_config)
{
	const char *file = gv_env_get(variable);
	struct gv_secret text = GV_SECRET_INIT;
	struct gv_buf path = GV_BUF_INIT;
	int r = gv_env_expand(&path, file ? file : usual);

	if (r == 0)
		r = gv_profile_load(&text, path.p);
	if (r == 0)
		r = gv_store_aws_profile_read(
		    out, key, text.p, text.len, name, is_config);
	gv_secret_release(&text);
	gv_buf_release(&path);
	return r == GV_ENOTFOUND ? 0 : r;
}

int
gv_store_aws_profile_load(struct gv_store_aws_profile *out,
    struct gv_store_aws *key, const struct gv_store_opts *opts)
{
	const char *name = profile_name(opts);
	int is_config, is_there;

	*out = (struct gv_store_aws_profile){ GV_BUF_INIT, GV_BUF_INIT,
		GV_BUF_INIT, GV_BUF_INIT, GV_BUF_INIT, GV_BUF_INIT,
		GV_BUF_INIT };
	is_config =
	    read_file(out, key, "AWS_CONFIG_FILE", "~/.aws/config", name, true);
	if (is_config < 0)
		return is_config;
	is_there = read_file(out, key, "AWS_SHARED_CREDENTIALS_FILE",
	    "~/.aws/credentials", name, false);
	if (is_there < 0)
		return is_there;
	if (is_config || is_there || strcmp(name, "default") == 0)
		return 0;
	return gv_err(GV_ENOKEY,
	    "there is no profile '%.64s' in ~/.aws/config or "
	    "~/.aws/credentials",
	    name);
}

/* The program that the user's own configuration names. */
static int
ask_process(struct gv_store_aws *key, const char *command)
{
	const char *argv[] = { "sh", "-c", command, NULL };
	const struct gv_proc_opts opts = {
		.argv = argv, .timeout_ms = 60000, .most = (size_t)1 << 16
	};
	struct gv_secret text = GV_SECRET_INIT;
	struct gv_proc p = GV_PROC_INIT;
	int r;

	p.out.wipes = true;
	r = gv_proc_run(&p, &opts);
	if (r == 0 && p.status != 0)
		r = GV_ENOKEY;
	if (r == 0)
		r = gv_secret_add(&text, p.out.p, p.out.len);
	if (r == 0)
		r = gv_store_aws_json(key, &text);
	if (r == GV_ENOKEY)
		r = gv_err(GV_ENOKEY,
		    "the credential_process of the profile gives no "
		    "credentials; run it to see why");
	gv_secret_release(&text);
	gv_proc_release(&p);
	return r;
}

/* ---- the order ---- */

static int
take_environment(struct gv_store_aws *key)
{
	const char *id = gv_env_get("AWS_ACCESS_KEY_ID");
	const char *secret = gv_env_get("AWS_SECRET_ACCESS_KEY");
	int r;

	if (id == NULL || secret == NULL)
		return GV_ENOTFOUND;
	if ((r = keep(&key->id, id)) == 0 &&
	    (r = keep(&key->secret, secret)) == 0)
		r = keep(&key->token, gv_env_get("AWS_SESSION_TOKEN"));
	return r;
}

static int
take_profile(struct gv_store_aws *key, const struct gv_store_opts *opts)
{
	struct gv_store_aws_profile p;
	int r = gv_store_aws_profile_load(&p, key, opts);

	if (r == 0 && (key->id.len == 0 || key->secret.len == 0)) {
		r = GV_ENOTFOUND;
		if (p.role.len && p.token_file.len)
			r = gv_store_aws_role(key, &p, opts);
		else if (p.process.len)
			r = ask_process(key, p.process.p);
	}
	gv_store_aws_profile_release(&p);
	return r;
}

int
gv_store_aws_find(struct gv_store_aws *key, const struct gv_store_opts *opts)
{
	int r = GV_ENOTFOUND;

	gv_store_aws_release(key);
	/* a profile that was named counts before what is lying about */
	if (opts->profile == NULL)
		r = take_environment(key);
	if (r == GV_ENOTFOUND && opts->profile == NULL)
		r = gv_store_aws_role(key, NULL, opts);
	if (r == GV_ENOTFOUND)
		r = take_profile(key, opts);
	if (r == GV_ENOTFOUND)
		r = gv_store_aws_container(key);
	if (r == GV_ENOTFOUND)
		r = gv_store_aws_machine(key);
	if (r == GV_ENOTFOUND)
		r = gv_err(GV_ENOKEY,
		    "no credentials for S3: set AWS_ACCESS_KEY_ID and "
		    "AWS_SECRET_ACCESS_KEY, or put the profile '%.64s' into "
		    "~/.aws/credentials",
		    profile_name(opts));
	return r;
}
