/* lib/store: credentials of Amazon's that services give, asked of a service on
 * this host; and addresses that no store can have. */
#include "unit.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "net/http.h"
#include "net/reach.h"
#include "scratch.h"
#include "store/store.h"
#include "store/store_aws.h"

#define MOST 4

/* ---- a service ---- */

/* What it answers to each request in turn: "STATUS BODY". */
struct service {
	int fd;
	char url[64];
	const char *const *answers;
	char asked[MOST][2048];
	pthread_t thread;
};

/* Up to the end of its body. */
static void
read_request(char *out, size_t size, int fd)
{
	const char *end, *length;
	size_t n = 0;
	ssize_t got;

	while (n < size - 1 && (got = read(fd, out + n, size - 1 - n)) > 0) {
		n += (size_t)got;
		out[n] = '\0';
		if ((end = strstr(out, "\r\n\r\n")) == NULL)
			continue;
		length = strstr(out, "Content-Length: ");
		if (length == NULL ||
		    strlen(end + 4) >= strtoul(length + 16, NULL, 10))
			return;
	}
}

static void *
serve(void *ctx)
{
	struct service *s = ctx;
	size_t i;
	int fd;

	for (i = 0; s->answers[i]; i++) {
		if ((fd = accept(s->fd, NULL, NULL)) < 0)
			break;
		read_request(s->asked[i], sizeof(s->asked[i]), fd);
		(void)dprintf(fd,
		    "HTTP/1.1 %.3s X\r\nConnection: close\r\n"
		    "Content-Length: %zu\r\n\r\n%s",
		    s->answers[i], strlen(s->answers[i] + 4),
		    s->answers[i] + 4);
		close(fd);
	}
	return NULL;
}

static void
start(struct service *s, const char *const *answers)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(to);

	memset(s, 0, sizeof(*s));
	s->answers = answers;
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(s->fd >= 0);
	assert_int_equal(bind(s->fd, (struct sockaddr *)&to, len), 0);
	assert_int_equal(listen(s->fd, MOST), 0);
	assert_int_equal(getsockname(s->fd, (struct sockaddr *)&to, &len), 0);
	(void)snprintf(
	    s->url, sizeof(s->url), "http://127.0.0.1:%u", ntohs(to.sin_port));
	assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void
stop(struct service *s)
{
	(void)shutdown(s->fd, SHUT_RDWR);
	(void)pthread_join(s->thread, NULL);
	close(s->fd);
}

static void
assert_asked(const struct service *s, size_t i, const char *words)
{
	if (strstr(s->asked[i], words) == NULL)
		fail_msg("'%s' has no '%s'", s->asked[i], words);
}

/* ---- what is around ---- */

static int
set_up(void **state)
{
	static const char *const names[] = { "http_proxy", "https_proxy",
		"HTTPS_PROXY", "all_proxy", "ALL_PROXY", "AWS_PROFILE",
		"AWS_REGION", "AWS_DEFAULT_REGION", "AWS_CONFIG_FILE",
		"AWS_SHARED_CREDENTIALS_FILE", "AWS_ACCESS_KEY_ID",
		"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_CA_BUNDLE",
		"AWS_ENDPOINT_URL_STS", "AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME",
		"AWS_WEB_IDENTITY_TOKEN_FILE",
		"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
		"AWS_CONTAINER_CREDENTIALS_FULL_URI",
		"AWS_CONTAINER_AUTHORIZATION_TOKEN",
		"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
		"AWS_EC2_METADATA_DISABLED",
		"AWS_EC2_METADATA_SERVICE_ENDPOINT" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unsetenv(names[i]);
	return scratch_enter(state);
}

/* ---- a web identity ---- */

#define OK_ROLE                                                                \
	"200 <AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentity"    \
	"Result><Credentials><AccessKeyId>I</AccessKeyId><SecretAccessKey>S"   \
	"</SecretAccessKey><SessionToken>T</SessionToken></Credentials>"       \
	"</AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"

static int
find(struct gv_store_aws *key, const char *profile)
{
	struct gv_store_opts opts = { .profile = profile };
	int r;

	*key = (struct gv_store_aws)GV_STORE_AWS_INIT;
	r = gv_store_aws_find(key, &opts);
	if (r < 0)
		gv_store_aws_release(key);
	return r;
}

static void
a_web_identity_is_exchanged_for_credentials(void **state)
{
	static const char *const answers[] = { OK_ROLE,
		"403 <ErrorResponse><Error><Code>AccessDenied</Code></Error>"
		"</ErrorResponse>",
		"200 <html>", NULL };
	struct gv_store_aws key;
	struct service s;

	(void)state;
	start(&s, answers);
	setenv("AWS_ENDPOINT_URL_STS", s.url, 1);
	setenv("AWS_ROLE_ARN", "arn:aws:iam::1:role/r", 1);
	setenv("AWS_WEB_IDENTITY_TOKEN_FILE", "token", 1);
	sh("echo to.k-e_n= >token");
	assert_int_equal(find(&key, NULL), 0);
	assert_string_equal((char *)key.id.p, "I");
	assert_string_equal((char *)key.secret.p, "S");
	assert_string_equal((char *)key.token.p, "T");
	gv_store_aws_release(&key);
	assert_int_equal(find(&key, NULL), GV_ENOKEY);
	assert_message("no credentials for the web identity of this host: the "
		       "token service answers 403 AccessDenied");
	assert_int_equal(find(&key, NULL), GV_ENOKEY);
	assert_message("the token service answers 200 ");
	stop(&s);
	assert_asked(&s, 0, "POST / HTTP/1.1\r\n");
	assert_asked(&s, 0,
	    "\r\n\r\nAction=AssumeRoleWithWebIdentity&Version=2011-06-15"
	    "&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr"
	    "&RoleSessionName=git-vault&WebIdentityToken=to.k-e_n=");
}

static void
a_profile_may_name_one(void **state)
{
	static const char *const answers[] = { OK_ROLE, NULL };
	struct gv_store_aws key;
	struct service s;

	(void)state;
	start(&s, answers);
	setenv("AWS_ENDPOINT_URL_STS", s.url, 1);
	setenv("AWS_CONFIG_FILE", "config", 1);
	sh("echo abc >token && printf '[profile p]\\nrole_arn=r\\n"
	   "web_identity_token_file=token\\nrole_session_name=a b\\n"
	   "[profile q]\\nrole_arn=r\\nweb_identity_token_file=gone\\n' "
	   ">config");
	assert_int_equal(find(&key, "p"), 0);
	assert_string_equal((char *)key.id.p, "I");
	gv_store_aws_release(&key);
	stop(&s);
	assert_asked(
	    &s, 0, "&RoleArn=r&RoleSessionName=a%20b&WebIdentityToken=abc");
	/* its file is missing, and no other place is looked at */
	assert_int_equal(find(&key, "q"), GV_ENOKEY);
	assert_message("gone");
}

static void
what_is_no_token_is_not_sent(void **state)
{
	static const char *const makes[] = { ": >token", "echo a b >token",
		"printf 'a\\n\\nb' >token" };
	struct gv_store_aws key;
	size_t i;

	(void)state;
	setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1", 1);
	setenv("AWS_ROLE_ARN", "r", 1);
	setenv("AWS_WEB_IDENTITY_TOKEN_FILE", "token", 1);
	for (i = 0; i < sizeof(makes) / sizeof(makes[0]); i++) {
		sh(makes[i]);
		assert_int_equal(find(&key, NULL), GV_ENOKEY);
		assert_message("token holds no web identity token");
	}
}

/* ---- a container, a machine, a program ---- */

#define OK_JSON                                                                \
	"200 {\"AccessKeyId\":\"I\",\"SecretAccessKey\":\"S\","                \
	"\"Token\":\"T\"}"

static void
a_container_is_given_credentials(void **state)
{
	static const char *const answers[] = { OK_JSON, OK_JSON, "404 no",
		"200 {}", NULL };
	struct gv_store_aws key;
	struct service s;
	char url[128];
	int i;

	(void)state;
	start(&s, answers);
	(void)snprintf(url, sizeof(url), "%s/v2/creds", s.url);
	setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", url, 1);
	setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "Basic abc", 1);
	assert_int_equal(find(&key, NULL), 0);
	assert_string_equal((char *)key.token.p, "T");
	gv_store_aws_release(&key);
	sh("echo Basic def >token");
	setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "token", 1);
	assert_int_equal(find(&key, NULL), 0);
	gv_store_aws_release(&key);
	for (i = 0; i < 2; i++) {
		assert_int_equal(find(&key, NULL), GV_ENOKEY);
		assert_message("the service that gives this container its "
			       "credentials gives none");
	}
	stop(&s);
	assert_asked(&s, 0, "GET /v2/creds HTTP/1.1\r\n");
	assert_asked(&s, 0, "\r\nauthorization: Basic abc\r\n");
	assert_asked(&s, 1, "\r\nauthorization: Basic def\r\n");
}

/* The name of its role is the first line, and a token goes with each. */
static void
a_machine_is_given_those_of_its_role(void **state)
{
	static const char *const answers[] = { "200 tok", "200 web\nother",
		OK_JSON, NULL };
	struct gv_store_aws key;
	struct service s;

	(void)state;
	start(&s, answers);
	setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", s.url, 1);
	assert_int_equal(find(&key, NULL), 0);
	assert_string_equal((char *)key.id.p, "I");
	gv_store_aws_release(&key);
	stop(&s);
	assert_asked(&s, 0, "PUT /latest/api/token HTTP/1.1\r\n");
	assert_asked(&s, 0, "x-aws-ec2-metadata-token-ttl-seconds: 300\r\n");
	assert_asked(&s, 1,
	    "GET /latest/meta-data/iam/security-credentials/ HTTP/1.1\r\n");
	assert_asked(&s, 1, "\r\nx-aws-ec2-metadata-token: tok\r\n");
	assert_asked(&s, 2,
	    "GET /latest/meta-data/iam/security-credentials/web HTTP/1.1");
	assert_asked(&s, 2, "\r\nx-aws-ec2-metadata-token: tok\r\n");
}

static void
a_machine_without_them_has_none(void **state)
{
	static const char none[] = "no credentials for S3";
	static const struct {
		const char *answers[MOST];
		const char *words;
	} rows[] = {
		{ { "403 no", NULL }, none },
		{ { "200 ", NULL }, none },
		{ { "200 tok", "404 no", NULL }, none },
		{ { "200 tok", "200 web", "404 no", NULL },
		    "the service that gives this machine its credentials "
		    "gives none" },
	};
	struct gv_store_aws key;
	struct service s;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		start(&s, rows[i].answers);
		setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", s.url, 1);
		assert_int_equal(find(&key, NULL), GV_ENOKEY);
		assert_message(rows[i].words);
		stop(&s);
	}
}

static void
a_program_may_print_them(void **state)
{
	struct gv_store_aws key;

	(void)state;
	setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
	setenv("AWS_CONFIG_FILE", "config", 1);
	sh("printf '[profile p]\\ncredential_process=cat ok\\n"
	   "[profile q]\\ncredential_process=cat ok; false\\n"
	   "[profile r]\\ncredential_process=echo no\\n' >config && "
	   "echo '{\"AccessKeyId\":\"I\",\"SecretAccessKey\":\"S\"}' >ok");
	assert_int_equal(find(&key, "p"), 0);
	assert_string_equal((char *)key.secret.p, "S");
	gv_store_aws_release(&key);
	assert_int_equal(find(&key, "q"), GV_ENOKEY);
	assert_message("the credential_process of the profile gives no "
		       "credentials; run it to see why");
	assert_int_equal(find(&key, "r"), GV_ENOKEY);
	assert_message("gives no credentials");
	assert_int_equal(find(&key, "nope"), GV_ENOKEY);
	assert_message("there is no profile 'nope' in ~/.aws/config or "
		       "~/.aws/credentials");
}

/* ---- addresses ---- */

static void
what_is_no_place_of_a_provider_is_refused(void **state)
{
	static const struct {
		const char *url;
		struct gv_store_opts opts;
		const char *words;
	} rows[] = {
		{ "s3://ab", { 0 },
		    "'s3://ab' is not the address of a bucket: "
		    "s3://BUCKET/PREFIX, in letters, digits and '._-'" },
		{ "s3://a b", { 0 }, "'s3://a b' is not" },
		{ "s3://-abc", { 0 }, "'s3://-abc' is not" },
		{ "s3://key:secret@box", { 0 }, "'s3://key' is not" },
		{ "gs://.abc/p", { 0 },
		    "'gs://.abc/p' is not the address of a bucket: "
		    "gs://BUCKET/PREFIX" },
		{ "s3://box/p", { .region = "eu west" },
		    "'eu west' is not a region of S3" },
		{ "gs://box/p", { .lock_mode = "COMPLIANCE" },
		    "gs://box/p: locks and encryption are settings of the "
		    "bucket there; only a key (sse_key) can be given" },
		{ "gs://box/p", { .sse = "AES256" }, "only a key (sse_key)" },
		{ "azure://acc", { 0 },
		    "'azure://acc' is not the address of a container: "
		    "azure://ACCOUNT/CONTAINER/PREFIX, in small letters, "
		    "digits and '-'" },
		{ "azure://acc/Box", { 0 }, "'azure://acc/Box' is not" },
		{ "azure://acc/box?sig=x", { 0 }, "'azure://acc/box' is not" },
		{ "azure://acc/box/p", { .sse_key = "k" },
		    "azure://acc/box/p: encryption is a setting of the account "
		    "there" },
	};
	struct gv_store *store;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (gv_store_open(&store, rows[i].url, &rows[i].opts) !=
		    GV_EREFUSED)
			fail_msg("%s was not refused", rows[i].url);
		assert_message(rows[i].words);
	}
}

/* The key is looked for with the first request. */
static void
google_has_keys_of_its_own(void **state)
{
	struct gv_store_opts opts = { .endpoint = "http://127.0.0.1:1" };
	struct gv_store_stat st;
	struct gv_store *store;

	(void)state;
	unsetenv("GS_ACCESS_KEY_ID");
	setenv("BOTO_CONFIG", "boto", 1);
	assert_int_equal(gv_store_open(&store, "gs://box/p", &opts), 0);
	assert_int_equal(gv_store_stat(&st, store, "a"), GV_ENOKEY);
	assert_message(
	    "no credentials for Google's storage: set GS_ACCESS_KEY_ID and "
	    "GS_SECRET_ACCESS_KEY to an HMAC key, or put it into ~/.boto");
	sh("printf '[Credentials]\\ngs_access_key_id = A\\n' >boto");
	assert_int_equal(gv_store_stat(&st, store, "a"), GV_ENOKEY);
	gv_store_close(store);
}

static void
what_no_request_can_have_is_refused(void **state)
{
	struct gv_http_field fields[GV_HTTP_FIELDS_MAX + 1];
	struct gv_http_request request = {
		.method = "GET", .url = "http://127.0.0.1:1/", .fields = fields
	};
	struct gv_http_reply reply = GV_HTTP_REPLY_INIT;
	struct gv_reach_opts opts = { .within_ms = 1000 };
	const struct gv_http_opts plain = GV_HTTP_OPTS_INIT;
	struct gv_http *http;
	struct gv_reached found;
	struct gv_store_aws key;
	size_t i;

	(void)state;
	for (i = 0; i < GV_HTTP_FIELDS_MAX + 1; i++)
		fields[i] = (struct gv_http_field){ "x", "a\nb: c" };
	assert_int_equal(gv_http_new(&http, &plain), 0);
	request.n = 1;
	assert_int_equal(gv_http_send(&reply, http, &request), GV_EREFUSED);
	assert_message("the field x holds the end of a line");
	request.n = GV_HTTP_FIELDS_MAX + 1;
	assert_int_equal(gv_http_send(&reply, http, &request), GV_EREFUSED);
	assert_message("too many fields in a request");
	gv_http_reply_release(&reply);
	gv_http_free(http);
	assert_int_equal(gv_reach(&found, "host", &opts), GV_EREFUSED);
	assert_message("'host' is not HOST:PORT");
	assert_int_equal(gv_reach(&found, "u@host:1", &opts), GV_EREFUSED);
	setenv("AWS_CONFIG_FILE", "config", 1);
	sh("head -c 1048577 /dev/zero >config");
	assert_int_equal(find(&key, NULL), GV_EREFUSED);
	assert_message("config is too large for such a file");
}

#define AROUND(f) cmocka_unit_test_setup_teardown(f, set_up, scratch_leave)

UNIT(store_role)
{
	const struct CMUnitTest tests[] = {
		AROUND(a_web_identity_is_exchanged_for_credentials),
		AROUND(a_profile_may_name_one),
		AROUND(what_is_no_token_is_not_sent),
		AROUND(a_container_is_given_credentials),
		AROUND(a_machine_is_given_those_of_its_role),
		AROUND(a_machine_without_them_has_none),
		AROUND(a_program_may_print_them),
		AROUND(what_is_no_place_of_a_provider_is_refused),
		AROUND(google_has_keys_of_its_own),
		AROUND(what_no_request_can_have_is_refused),
	};

	return UNIT_RUN(tests);
}
