/*
 * What needs no server: references, wrapped texts, profiles, addresses. The
 * verbs are t3300's and t3301's.
 */
#include "unit.h"

#include <signal.h>
#include <string.h>
#include <sys/time.h>

#include "base/buf.h"
#include "base/err.h"
#include "key/backend_internal.h"
#include "key/backend_ref.h"
#include "key/backend_wrapped.h"

#define REFERENCE                                                              \
	"git-vault reference 1\nvault team\npath git-vault/prod/id\nversion 3\n"

#define WRAPPED_HEAD "git-vault wrapped identity 1\nvault team\n"
#define WRAPPED                                                                \
	WRAPPED_HEAD "kind transit\naddress https://vault.example.com\n"       \
		     "mount transit\nnamespace n/s\nrole ci\nregion r\n"       \
		     "key k\ndata vault:v1:AAAA\n"

static void
a_reference_is_read_as_it_was_written(void **state)
{
	struct gv_backend_ref ref = { "team", "git-vault/prod/id", "3" }, back;
	struct gv_buf b = GV_BUF_INIT;

	(void)state;
	assert_int_equal(gv_backend_ref_format(&b, &ref), 0);
	assert_string_equal(b.p, REFERENCE);
	assert_true(gv_backend_ref_is(b.p, b.len));
	assert_int_equal(gv_backend_ref_parse(&back, b.p, b.len), 0);
	assert_string_equal(back.vault, ref.vault);
	assert_string_equal(back.path, ref.path);
	assert_string_equal(back.version, ref.version);
	gv_buf_release(&b);
}

static void
what_is_no_reference_is_refused(void **state)
{
	static const char *const bad[] = { "", "age-encryption.org/v1\n",
		"git-vault reference 2\nvault a\npath b\nversion c\n",
		"git-vault reference 1\n",
		"git-vault reference 1\nvault a\npath b\n",
		"git-vault reference 1\nvault a\npath b\nversion c",
		"git-vault reference 1\nvault a\npath b\nversion \n",
		"git-vault reference 1\nvault a b\npath b\nversion c\n",
		"git-vault reference 1\nvault a\npath \xc3\xa4\nversion c\n",
		"git-vault reference 1\npath b\nvault a\nversion c\n",
		"git-vault reference 1\nvault a\npath b\nversion c\nmore\n" };
	struct gv_backend_ref ref;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (gv_backend_ref_parse(&ref, bad[i], strlen(bad[i])) !=
		    GV_ECORRUPT)
			fail_msg("'%s'", bad[i]);
	/* each part of one but the whole */
	for (i = 0; i < strlen(REFERENCE); i++)
		assert_int_equal(
		    gv_backend_ref_parse(&ref, REFERENCE, i), GV_ECORRUPT);
}

static void
what_cannot_stand_in_a_reference_is_not_written(void **state)
{
	struct gv_backend_ref ref = { "team", "a", "3" };
	struct gv_buf b = GV_BUF_INIT;

	(void)state;
	strcpy(ref.path, "a b");
	assert_int_equal(gv_backend_ref_format(&b, &ref), GV_EREFUSED);
	strcpy(ref.path, "a\nversion 4");
	assert_int_equal(gv_backend_ref_format(&b, &ref), GV_EREFUSED);
	strcpy(ref.path, "");
	assert_int_equal(gv_backend_ref_format(&b, &ref), GV_EREFUSED);
	memset(ref.path, 'a', sizeof(ref.path) - 1);
	memset(ref.vault, 'a', sizeof(ref.vault) - 1);
	assert_int_equal(gv_backend_ref_format(&b, &ref), GV_EREFUSED);
	assert_int_equal(b.len, 0);
	gv_buf_release(&b);
}

/* Set what a text says; static, since it is large. */
static int
read_wrapped(struct gv_backend_wrapped **out, const char *text)
{
	static struct gv_backend_wrapped wrapped;

	*out = &wrapped;
	return gv_backend_wrapped_parse(&wrapped, text, strlen(text));
}

static void
a_wrapped_identity_is_read_as_it_was_written(void **state)
{
	struct gv_backend_wrapped *w;
	struct gv_buf b = GV_BUF_INIT;

	(void)state;
	assert_int_equal(read_wrapped(&w, WRAPPED), 0);
	assert_string_equal(w->vault.name, "team");
	assert_int_equal(w->vault.kind, GV_POLICY_TRANSIT);
	assert_string_equal(w->vault.address, "https://vault.example.com");
	assert_string_equal(w->vault.space, "n/s");
	assert_string_equal(w->vault.key, "k");
	assert_string_equal(w->data, "vault:v1:AAAA");
	assert_int_equal(gv_backend_wrapped_format(&b, &w->vault, w->data), 0);
	assert_string_equal(b.p, WRAPPED);
	w->vault.key = "a b";
	assert_int_equal(
	    gv_backend_wrapped_format(&b, &w->vault, w->data), GV_EREFUSED);
	assert_string_equal(b.p, WRAPPED);
	gv_buf_release(&b);
}

static void
what_is_no_wrapped_identity_is_refused(void **state)
{
	static const char *const bad[] = { "", WRAPPED_HEAD,
		"git-vault wrapped identity 2\nvault team\nkind kms\nkey k\n"
		"data A\n",
		"git-vault wrapped identity 1\nkind kms\nkey k\ndata A\n",
		WRAPPED_HEAD "kind hashicorp\nmount m\nkey k\ndata A\n",
		WRAPPED_HEAD "kind transit\nkey k\ndata A\n",
		WRAPPED_HEAD "kind kms\ndata A\nkey k\n",
		WRAPPED_HEAD "kind kms\nkey k\nkey k\ndata A\n",
		WRAPPED_HEAD "kind kms\nkey k l\ndata A\n",
		WRAPPED_HEAD "kind kms\nkey \ndata A\n", WRAPPED "more\n" };
	struct gv_backend_wrapped *w;
	char part[sizeof(WRAPPED)];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (read_wrapped(&w, bad[i]) != GV_ECORRUPT)
			fail_msg("'%s'", bad[i]);
	assert_int_equal(
	    read_wrapped(&w, WRAPPED_HEAD "kind kms\nkey k\ndata A\n"), 0);
	/* each part of one but the whole */
	for (i = 0; i < strlen(WRAPPED); i++) {
		memcpy(part, WRAPPED, i);
		part[i] = '\0';
		assert_int_equal(read_wrapped(&w, part), GV_ECORRUPT);
	}
	assert_true(gv_backend_wrapped_is(bad[2], strlen(bad[2])));
	assert_false(gv_backend_wrapped_is(REFERENCE, strlen(REFERENCE)));
}

static bool
is_same(const char *a, const char *b)
{
	return gv_backend_wrapped_same(a, strlen(a), b, strlen(b));
}

static void
texts_of_one_service_are_known(void **state)
{
	(void)state;
	assert_true(is_same(WRAPPED, WRAPPED));
	assert_true(is_same(WRAPPED_HEAD "kind kms\nkey a\ndata A\n",
	    WRAPPED_HEAD "kind kms\nkey b\ndata B\n"));
	assert_false(is_same(WRAPPED_HEAD "kind kms\nregion r\nkey a\ndata A\n",
	    WRAPPED_HEAD "kind kms\nkey a\ndata A\n"));
	assert_false(is_same(WRAPPED, WRAPPED_HEAD));
	assert_false(is_same("", ""));
	assert_false(is_same(WRAPPED_HEAD, WRAPPED_HEAD));
}

static int
read_profile(struct gv_backend_profile *out, const char *name, const char *text)
{
	memset(out, 0, sizeof(*out));
	return gv_backend_profile_read(out, name, text, strlen(text));
}

static void
a_profile_is_found_by_its_name(void **state)
{
	static const char text[] = "aws_access_key_id = none\n"
				   "[a]\naws_access_key_id = 1\n"
				   "aws_secret_access_key = 2\n"
				   "# [b]\n; aws_session_token = no\n"
				   "[ b ]\r\n aws_access_key_id=x\r\n"
				   "aws_secret_access_key = y=z/+ \r\n"
				   "aws_session_token=t\nregion = e\n"
				   "[c]\naws_access_key_id = 1\n[";
	struct gv_backend_profile p;

	(void)state;
	assert_int_equal(read_profile(&p, "b", text), 0);
	assert_string_equal((char *)p.id.p, "x");
	assert_string_equal((char *)p.key.p, "y=z/+");
	assert_string_equal((char *)p.token.p, "t");
	gv_backend_profile_release(&p);
	assert_int_equal(read_profile(&p, "a", text), 0);
	assert_string_equal((char *)p.key.p, "2");
	assert_int_equal(p.token.len, 0);
	gv_backend_profile_release(&p);
	assert_int_equal(read_profile(&p, "c", text), GV_ENOTFOUND);
	gv_backend_profile_release(&p);
	assert_int_equal(read_profile(&p, "default", text), GV_ENOTFOUND);
	gv_backend_profile_release(&p);
}

static void
texts_are_escaped(void **state)
{
	struct gv_secret s = GV_SECRET_INIT;

	(void)state;
	assert_int_equal(gv_backend_add_text(&s, "a\"\\\n\x01\xc3\xa4"), 0);
	assert_true(
	    gv_secret_is(&s, "\"a\\u0022\\u005c\\u000a\\u0001\xc3\xa4\"", 29));
	gv_secret_release(&s);
}

static void
only_addresses_of_services_have_a_host(void **state)
{
	static const struct {
		const char *url, *host;
	} all[] = { { "https://vault.example.com", "vault.example.com" },
		{ "https://vault.example.com:8200/v1/x",
		    "vault.example.com:8200" },
		{ "http://127.0.0.1:80/", "127.0.0.1:80" },
		{ "http://[::1]:8200", "[::1]:8200" },
		{ "https://[2001:db8::1]", "[2001:db8::1]" },
		{ "http://localhost", "localhost" },
		{ "http://10.0.0.1", NULL },
		{ "http://localhost.evil.com", NULL },
		{ "https://u@host", NULL }, { "https://host:", NULL },
		{ "https://host:123456", NULL }, { "https://", NULL },
		{ "https:///x", NULL }, { "https://[::1", NULL },
		{ "https://[", NULL }, { "https://host?x", NULL },
		{ "https://host\\x", NULL }, { "file:///etc", NULL },
		{ "HTTPS://host", NULL }, { "", NULL } };
	struct gv_buf b = GV_BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(all) / sizeof(*all); i++) {
		gv_buf_reset(&b);
		if (gv_http_host(&b, all[i].url) !=
			(all[i].host ? 0 : GV_EREFUSED) ||
		    strcmp(b.p, all[i].host ? all[i].host : "") != 0)
			fail_msg("%s: %s", all[i].url, b.p);
	}
	gv_buf_release(&b);
}

/* A service of one kind says of the other's verbs what it is. */
static void
verbs_of_another_kind_are_refused(void **state)
{
	const struct gv_backend_ops ops = { .store = NULL };
	const struct gv_policy_vault vault = { .name = "team" };
	struct gv_backend b = { .ops = &ops, .vault = &vault };
	struct gv_secret out = GV_SECRET_INIT;

	(void)state;
	assert_int_equal(gv_backend_fetch(&b, &out, "p", NULL), GV_EREFUSED);
	assert_message("the vault team wraps keys and keeps no values");
	assert_int_equal(gv_backend_delete(&b, "p"), GV_EREFUSED);
	assert_message("the vault team wraps keys and keeps no values");
	assert_int_equal(gv_backend_list(&b, "p", NULL, NULL), GV_EREFUSED);
	assert_message("the vault team wraps keys and keeps no values");
	assert_int_equal(gv_backend_unwrap(&b, &out, "x"), GV_EREFUSED);
	assert_message("the vault team");
	assert_int_equal(out.len, 0);
	gv_secret_release(&out);
}

static void
wake(int number)
{
	(void)number;
}

/* A server that is busy says how long to wait; too long is not waited for. A signal
 * ends the pause of a second at once. */
static void
an_answer_may_say_how_long_to_wait(void **state)
{
	const struct itimerval often = { { 0, 1000 }, { 0, 1000 } };
	const struct itimerval never = { { 0, 0 }, { 0, 0 } };
	const struct sigaction act = { .sa_handler = wake };
	struct gv_http_reply reply = { .retry_after = 6 };
	struct sigaction was;

	(void)state;
	assert_false(gv_backend_pause(&reply, 0, true));
	reply.retry_after = 1;
	assert_false(gv_backend_pause(&reply, 0, false));
	assert_false(gv_backend_pause(&reply, 4, true));
	assert_int_equal(sigaction(SIGALRM, &act, &was), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
	assert_true(gv_backend_pause(&reply, 0, true));
	assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
	assert_int_equal(sigaction(SIGALRM, &was, NULL), 0);
}

UNIT(backend)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reference_is_read_as_it_was_written),
		cmocka_unit_test(what_is_no_reference_is_refused),
		cmocka_unit_test(
		    what_cannot_stand_in_a_reference_is_not_written),
		cmocka_unit_test(a_wrapped_identity_is_read_as_it_was_written),
		cmocka_unit_test(what_is_no_wrapped_identity_is_refused),
		cmocka_unit_test(texts_of_one_service_are_known),
		cmocka_unit_test(a_profile_is_found_by_its_name),
		cmocka_unit_test(texts_are_escaped),
		cmocka_unit_test(only_addresses_of_services_have_a_host),
		cmocka_unit_test(verbs_of_another_kind_are_refused),
		cmocka_unit_test(an_answer_may_say_how_long_to_wait),
	};

	if (gv_secret_ready() < 0)
		return 99;
	return UNIT_RUN(tests);
}
