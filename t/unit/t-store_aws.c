#include "unit.h"

#include <string.h>

#include "base/err.h"
#include "store/store_aws.h"

static int
read_profile(struct gv_store_aws_profile *p, struct gv_store_aws *key,
    const char *name, bool is_config)
{
	static const char text[] = "[default]\n"
				   "region = eu-west-1\n"
				   "aws_access_key_id=A\n"
				   "[profile b]\r\n"
				   " aws_access_key_id = B\r\n"
				   "aws_secret_access_key = s=1\n"
				   "aws_session_token = t\n"
				   "role_arn = arn:x\n"
				   "web_identity_token_file = /f\n"
				   "endpoint_url = https://h\n"
				   "endpoint_url = https://i\n"
				   "[b]\n"
				   "region =\n";

	*p = (struct gv_store_aws_profile){ GV_BUF_INIT, GV_BUF_INIT,
		GV_BUF_INIT, GV_BUF_INIT, GV_BUF_INIT, GV_BUF_INIT,
		GV_BUF_INIT };
	*key = (struct gv_store_aws)GV_STORE_AWS_INIT;
	return gv_store_aws_profile_read(
	    p, key, text, strlen(text), name, is_config);
}

static void
a_profile_is_read_from_either_file(void **state)
{
	struct gv_store_aws_profile p;
	struct gv_store_aws key;

	(void)state;
	assert_int_equal(read_profile(&p, &key, "b", true), 1);
	assert_string_equal((char *)key.id.p, "B");
	assert_string_equal((char *)key.secret.p, "s=1");
	assert_string_equal((char *)key.token.p, "t");
	assert_string_equal(p.role.p, "arn:x");
	assert_string_equal(p.token_file.p, "/f");
	assert_string_equal(p.endpoint.p, "https://i");
	gv_store_aws_release(&key);
	gv_store_aws_profile_release(&p);
	assert_int_equal(read_profile(&p, &key, "default", true), 1);
	assert_string_equal(p.region.p, "eu-west-1");
	assert_int_equal(key.secret.len, 0);
	gv_store_aws_release(&key);
	gv_store_aws_profile_release(&p);
	assert_int_equal(read_profile(&p, &key, "b", false), 1);
	assert_int_equal(p.region.len, 0);
	assert_int_equal(read_profile(&p, &key, "c", true), 0);
}

static int
read_json(struct gv_store_aws *key, const char *text)
{
	struct gv_secret s = GV_SECRET_INIT;
	int r;

	*key = (struct gv_store_aws)GV_STORE_AWS_INIT;
	assert_int_equal(gv_secret_add(&s, text, strlen(text)), 0);
	r = gv_store_aws_json(key, &s);
	gv_secret_release(&s);
	return r;
}

static void
what_a_machine_tells_is_read(void **state)
{
	struct gv_store_aws key;

	(void)state;
	assert_int_equal(read_json(&key,
			     "{\"Code\":\"Success\",\"AccessKeyId\":\"I\","
			     "\"SecretAccessKey\":\"S\",\"Token\":\"T\","
			     "\"Expiration\":\"2026-11-30T00:00:00Z\"}"),
	    0);
	assert_string_equal((char *)key.id.p, "I");
	assert_string_equal((char *)key.secret.p, "S");
	assert_string_equal((char *)key.token.p, "T");
	assert_int_equal(key.expires, 1795996800);
	gv_store_aws_release(&key);
	assert_int_equal(
	    read_json(&key,
		"{\"Version\":1,\"AccessKeyId\":\"I\","
		"\"SecretAccessKey\":\"S\",\"SessionToken\":\"U\"}"),
	    0);
	assert_string_equal((char *)key.token.p, "U");
	gv_store_aws_release(&key);
	assert_int_equal(read_json(&key, "{\"AccessKeyId\":\"I\"}"), GV_ENOKEY);
	assert_int_equal(read_json(&key, "<html>"), GV_ENOKEY);
	assert_int_equal(read_json(&key, ""), GV_ENOKEY);
	gv_store_aws_release(&key);
}

static void
the_answer_about_a_role_is_read(void **state)
{
	static const char xml[] =
	    "<AssumeRoleWithWebIdentityResponse xmlns=\"https://sts\"><"
	    "AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>I"
	    "</AccessKeyId><SecretAccessKey>S&amp;/+</SecretAccessKey>"
	    "<SessionToken>T==</SessionToken><Expiration>2026-11-30T00:00:00Z"
	    "</Expiration></Credentials></AssumeRoleWithWebIdentityResult>"
	    "</AssumeRoleWithWebIdentityResponse>";
	struct gv_store_aws key = GV_STORE_AWS_INIT;

	(void)state;
	assert_int_equal(gv_store_aws_role_xml(&key, xml, strlen(xml)), 0);
	assert_string_equal((char *)key.id.p, "I");
	assert_string_equal((char *)key.secret.p, "S&/+");
	assert_string_equal((char *)key.token.p, "T==");
	assert_int_equal(key.expires, 1795996800);
	gv_store_aws_release(&key);
	assert_int_equal(
	    gv_store_aws_role_xml(&key, xml, strlen(xml) - 5), GV_ENOKEY);
	assert_int_equal(gv_store_aws_role_xml(&key, "", 0), GV_ENOKEY);
	gv_store_aws_release(&key);
}

UNIT(store_aws)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_profile_is_read_from_either_file),
		cmocka_unit_test(what_a_machine_tells_is_read),
		cmocka_unit_test(the_answer_about_a_role_is_read),
	};

	return UNIT_RUN(tests);
}
