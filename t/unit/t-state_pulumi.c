#include "unit.h"

#include "state_told.h"

#define SECRET                                                                 \
	"\"4dabf18193072939515e22adb298388d\":"                                \
	"\"1b47061264138c4ac30d75fd1eb44270\""
#define URN(what) "urn:pulumi:dev::shop::" what
#define MANIFEST                                                               \
	"\"manifest\":{\"time\":\"2024-05-01T10:00:00Z\",\"magic\":\"m\","     \
	"\"version\":\"v3.96.1\"}"
#define TOLD URN("aws:s3/bucket:Bucket::b")
#define BUCKET                                                                 \
	"{\"urn\":\"" TOLD                                                     \
	"\",\"custom\":true,\"type\":\"aws:s3/bucket:Bucket\""
#define REFERENCE "pulumi:pulumi:StackReference"
#define PROVIDER  URN("pulumi:providers:aws::d")

/* What `pulumi stack export` prints of resources. */
static char *
export_of(const char *more, const char *resources)
{
	struct gv_buf b = GV_BUF_INIT;

	gv_buf_addf(&b,
	    "{\"version\":3,\"deployment\":{" MANIFEST
	    "%s,\n\"resources\":[%s]}}",
	    more, resources);
	return gv_buf_take(&b);
}

static void
expect(const char *resources, const char *items)
{
	char *text = export_of("", resources);
	struct gv_state_info info;

	states_expect(&info, "pulumi", text, items);
	assert_string_equal(info.warning, "");
	free(text);
}

static void
warn(const char *more, const char *resources, const char *words)
{
	struct listener l = LISTENER;
	char *text = export_of(more, resources);
	struct gv_state_info info;

	run_sized(&info, &l, text, strlen(text));
	assert_string_equal(info.tool, "pulumi");
	assert_string_equal(info.damage, "");
	if (*words ? strstr(info.warning, words) == NULL : info.warning[0])
		fail_msg("%s: %s", text, info.warning);
	free_listener(&l);
	free(text);
}

/* ---- resources ---- */

static void
a_resource_is_called_by_its_urn(void **state)
{
	(void)state;
	expect(BUCKET "}", TOLD "  aws:s3/bucket:Bucket \n");
	expect("{\"urn\":\"" URN("a::x\\ny\\u00e4") "\"}",
	    URN("a::x\ny\303\244") "   \n");
	expect("{\"type\":\"t\",\"urn\":\"" URN(
		   "t::[0]\\\"") "\",\"custom\":false}",
	    URN("t::[0]\"") "  t \n");
}

static void
its_properties_are_attributes(void **state)
{
	(void)state;
	expect(BUCKET ",\"id\":\"b-1\",\"inputs\":{\"acl\":\"private\",\"\":0},"
		      "\"outputs\":{\"acl\":\"private\",\"t\\u0061gs\":{ },"
		      "\"n\":[ 1 ]}}",
	    TOLD "  aws:s3/bucket:Bucket  id=\"b-1\" inputs.acl=\"private\" "
		 "inputs.=0 outputs.acl=\"private\" outputs.t\\u0061gs={ } "
		 "outputs.n=[ 1 ]\n");
	expect(BUCKET ",\"inputs\":null,\"outputs\":7,\"custom\":7}",
	    TOLD "  aws:s3/bucket:Bucket \n");
}

static void
what_it_needs_is_told_once(void **state)
{
	(void)state;
	expect(BUCKET ",\"parent\":\"p\",\"dependencies\":[\"z\",\"b\",\"z\"],"
		      "\"provider\":\"" PROVIDER "::3f1c-00\","
		      "\"propertyDependencies\":{\"acl\":[\"b\",\"c\"],"
		      "\"x\":null,\"y\":[]},\"deletedWith\":\"w\","
		      "\"replaceWith\":[\"v\"]}",
	    TOLD "  aws:s3/bucket:Bucket " PROVIDER " >b >c >p >" PROVIDER
		 " >v >w >z\n");
	expect(BUCKET ",\"parent\":\"\",\"dependencies\":null,\"provider\":\"\""
		      ",\"propertyDependencies\":7}",
	    TOLD "  aws:s3/bucket:Bucket \n");
	expect(BUCKET ",\"provider\":\"" PROVIDER "::3f1c\","
		      "\"pendingReplacement\":true}",
	    TOLD " P aws:s3/bucket:Bucket " PROVIDER "\n");
	/* of what is said twice the last, as the tool takes it */
	expect(BUCKET ",\"dependencies\":[\"a\"],\"parent\":\"p\","
		      "\"dependencies\":[\"b\"],\"parent\":null}",
	    TOLD "  aws:s3/bucket:Bucket  >b\n");
}

static void
marks_are_told(void **state)
{
	(void)state;
	expect(BUCKET ",\"taint\":true}", TOLD " T aws:s3/bucket:Bucket \n");
	expect(BUCKET ",\"external\":true,\"protect\":true}",
	    TOLD " R aws:s3/bucket:Bucket \n");
	expect("{\"urn\":\"" URN(REFERENCE "::o/p/dev") "\",\"type\":"
							"\"" REFERENCE "\"}",
	    URN(REFERENCE "::o/p/dev") " R " REFERENCE " \n");
	expect(BUCKET ",\"pendingReplacement\":true}",
	    TOLD " P aws:s3/bucket:Bucket \n");
	expect(BUCKET ",\"initErrors\":[\"timed out\"]}",
	    TOLD " P aws:s3/bucket:Bucket \n");
	expect(BUCKET ",\"initErrors\":[],\"delete\":false,\"taint\":null}",
	    TOLD "  aws:s3/bucket:Bucket \n");
}

static void
what_is_to_be_deleted_is_told_apart(void **state)
{
	(void)state;
	expect(BUCKET
	    "}," BUCKET
	    ",\"delete\":true,\"created\":\"2024-01-02T03:04:05Z\"}," BUCKET
	    ",\"delete\":true}," BUCKET ",\"delete\":true,"
	    "\"created\":\"\"}",
	    TOLD "  aws:s3/bucket:Bucket \n" TOLD
		 " D aws:s3/bucket:Bucket  @2024-01-02T03:04:05Z\n" TOLD
		 " D aws:s3/bucket:Bucket  @1\n" TOLD
		 " D aws:s3/bucket:Bucket  @2\n");
}

static void
what_is_secret_is_marked(void **state)
{
	(void)state;
	expect(BUCKET ",\"inputs\":{\"a\":1,\"pw\":{" SECRET
		      ",\"ciphertext\":\"v1:x:y\"},\"l\":[{\"m\":{"
		      "\"ciphertext\":\"v1:x:y\"," SECRET "}}]}}",
	    TOLD " S aws:s3/bucket:Bucket  inputs.a=1 inputs.pw={" SECRET
		 ",\"ciphertext\":\"v1:x:y\"}! inputs.l=[{\"m\":{"
		 "\"ciphertext\":\"v1:x:y\"," SECRET "}}]!\n");
	expect(BUCKET ",\"outputs\":{\"pw\":1,\"qw\":2,\"p\\u0077\":3},"
		      "\"additionalSecretOutputs\":[\"pw\"],\"inputs\":{"
		      "\"pw\":4}}",
	    TOLD " S aws:s3/bucket:Bucket  outputs.pw=1! outputs.qw=2 "
		 "outputs.p\\u0077=3! inputs.pw=4\n");
	/* where the names cannot be read, all of it */
	expect(BUCKET ",\"additionalSecretOutputs\":[7],\"id\":\"x\"}",
	    TOLD " S aws:s3/bucket:Bucket  id=\"x\"!\n");
	expect(BUCKET ",\"additionalSecretOutputs\":\"pw\",\"id\":\"x\"}",
	    TOLD " S aws:s3/bucket:Bucket  id=\"x\"!\n");
	expect(BUCKET ",\"additionalSecretOutputs\":null,\"id\":\"x\"}",
	    TOLD "  aws:s3/bucket:Bucket  id=\"x\"\n");
	/* by its escapes, and what only looks so */
	expect(BUCKET ",\"inputs\":{\"a\":{\"\\u0034dabf18193072939515e22adb298"
		      "388d\":\"1b47061264138c4ac30d75fd1eb44270\"},\"b\":{"
		      "\"4dabf18193072939515e22adb298388d\":"
		      "\"c44067f5952c0a294b673a41bacd8c17\"},\"c\":"
		      "\"1b47061264138c4ac30d75fd1eb44270\",\"d\":["
		      "\"1b47061264138c4ac30d75fd1eb44270\"]}}",
	    TOLD " S aws:s3/bucket:Bucket  inputs.a={\"\\u0034dabf1819307293951"
		 "5e22adb298388d\":\"1b47061264138c4ac30d75fd1eb44270\"}! "
		 "inputs.b={\"4dabf18193072939515e22adb298388d\":"
		 "\"c44067f5952c0a294b673a41bacd8c17\"} inputs.c="
		 "\"1b47061264138c4ac30d75fd1eb44270\" inputs.d=["
		 "\"1b47061264138c4ac30d75fd1eb44270\"]\n");
}

static void
secrets_in_clear_are_told(void **state)
{
	static const char encrypted[] =
	    BUCKET ",\"inputs\":{\"p\":{" SECRET ",\"ciphertext\":\"eA==\"}}}";
	static const char b64[] =
	    ",\"secrets_providers\":{\"type\":\"b64\",\"state\":{}}";

	(void)state;
	warn("", encrypted, "");
	warn(",\"secrets_providers\":{\"type\":\"passphrase\"}", encrypted, "");
	warn(b64, encrypted, "b64, which encrypts nothing");
	warn(b64, BUCKET "}", "");
	warn("",
	    BUCKET ",\"outputs\":{\"p\":{\"plaintext\":\"\\\"x\\\"\"," SECRET
		   "}}}",
	    "--show-secrets");
	warn("",
	    BUCKET ",\"outputs\":{\"p\":{\"4dabf18193072939515e22adb298388d\":"
		   "\"d0e6a833031e9bbcd3f4e8bde6ca49a4\",\"value\":1,"
		   "\"secret\":true}}}",
	    "in clear");
	warn(",\"metadata\":{\"integrity_error\":{\"version\":\"v3\"}}",
	    BUCKET "}", "integrity_error");
	warn(",\"metadata\":{}", BUCKET "}", "");
}

static void
what_is_pending_is_an_item(void **state)
{
	struct gv_state_info info;

	(void)state;
	states_expect(&info, "pulumi",
	    "{\"deployment\":{" MANIFEST ",\"pending_operations\":[{"
	    "\"resource\":" BUCKET ",\"dependencies\":[\"a\"],\"inputs\":{"
	    "\"acl\":1}},\"type\":\"creating\"},{\"type\":\"deleting\","
	    "\"resource\":" BUCKET ",\"delete\":true}}],\"resources\":[" BUCKET
	    "}]},\"version\":3}",
	    "pending.creating." TOLD " P aws:s3/bucket:Bucket  inputs.acl=1\n"
	    "pending.deleting." TOLD " DP aws:s3/bucket:Bucket  @1\n" TOLD
	    "  aws:s3/bucket:Bucket \n");
	assert_string_equal(info.lineage, "shop/dev");
}

/* ---- the document ---- */

static void
a_document_says_what_it_is(void **state)
{
	char *text = export_of(",\"metadata\":{}", BUCKET "}");
	struct gv_state_info info;

	(void)state;
	states_expect(&info, "pulumi", text, TOLD "  aws:s3/bucket:Bucket \n");
	assert_int_equal(info.format, 3);
	assert_string_equal(info.writer, "v3.96.1");
	assert_string_equal(info.lineage, "shop/dev");
	assert_false(info.has_serial || info.is_encrypted);
	free(text);
	/* with sorted keys, and of a backend of files */
	states_expect(&info, "pulumi",
	    "{\"checkpoint\":{\"config\":{\"a:b\":{\"secure\":\"v1:x\"}},"
	    "\"latest\":{" MANIFEST ",\"resources\":[" BUCKET
	    "}],\"secrets_providers\":{\"type\":\"b64\"}},\"stack\":"
	    "\"organization/shop/dev\"},\"features\":[\"taint\"],"
	    "\"version\":4}",
	    TOLD "  aws:s3/bucket:Bucket \n");
	assert_int_equal(info.format, 4);
	assert_string_equal(info.writer, "v3.96.1");
	assert_string_equal(info.lineage, "shop/dev");
}

static void
a_stack_without_resources_is_one(void **state)
{
	struct gv_state_info info;

	(void)state;
	states_expect(&info, "pulumi",
	    "{\"version\":3,\"deployment\":{" MANIFEST ",\"metadata\":{}}}",
	    "");
	assert_string_equal(info.lineage, "");
	states_expect(&info, "pulumi",
	    "{\"version\":3,\"checkpoint\":{\"stack\":\"organization/shop/dev\""
	    "}}",
	    "");
	states_expect(&info, "pulumi",
	    "{\"version\":3,\"checkpoint\":{\"stack\":\"dev\",\"latest\":"
	    "null}}",
	    "");
}

/* The lineage that a URN gives. */
static void
lineage_of(char *out, size_t size, const char *stack, const char *project)
{
	struct gv_buf urn = GV_BUF_INIT;
	struct listener l = LISTENER;
	struct gv_state_info info;
	char *text;

	gv_buf_addf(
	    &urn, "{\"urn\":\"urn:pulumi:%s::%s::t::a\"}", stack, project);
	text = export_of("", urn.p);
	run_sized(&info, &l, text, strlen(text));
	assert_string_equal(info.damage, "");
	(void)snprintf(out, size, "%s", info.lineage);
	free_listener(&l);
	gv_buf_release(&urn);
	free(text);
}

static void
a_lineage_is_one_line_that_fits(void **state)
{
	char a[200], b[200], name[201], odd[202];
	size_t i;

	(void)state;
	lineage_of(a, sizeof(a), "dev", "my.shop-1");
	assert_string_equal(a, "my.shop-1/dev");
	lineage_of(a, sizeof(a), "d\\ne\\u0001v", "shop");
	assert_int_equal(strncmp(a, "shop/d~", 7), 0);
	assert_int_equal(strlen(a), 7 + 16);
	for (i = 0; i < 200; i += 2)
		memcpy(name + i, "\303\244", 2);
	name[200] = '\0';
	lineage_of(a, sizeof(a), "dev", name);
	lineage_of(b, sizeof(b), "prod", name);
	assert_in_range(strlen(a), 120, 127);
	assert_string_not_equal(a, b);
	/* not in the middle of a character */
	assert_int_equal(strspn(a, "\303\244") % 2, 0);
	assert_int_equal(a[strspn(a, "\303\244")], '~');
	(void)snprintf(odd, sizeof(odd), "x%s", name);
	lineage_of(a, sizeof(a), "dev", odd);
	assert_int_equal(strspn(a + 1, "\303\244") % 2, 0);
	assert_int_equal(a[1 + strspn(a + 1, "\303\244")], '~');
}

static void
what_is_of_others_is_not_taken(void **state)
{
	(void)state;
	states_opaque("{\"version\":3,\"deployment\":{}}");
	states_opaque("{\"version\":3,\"deployment\":{\"resources\":[]}}");
	states_opaque("{\"version\":3,\"deployment\":{\"manifest\":{\"version\""
		      ":\"1\"}}}");
	states_opaque("{\"deployment\":{" MANIFEST "}}");
	states_opaque("{\"version\":3,\"deployment\":[{" MANIFEST "}]}");
	states_opaque(
	    "{\"version\":3," MANIFEST ",\"resources\":[" BUCKET "}]}");
	states_opaque("{\"version\":1,\"deployment\":{\"resources\":[{\"urn\":"
		      "\"urn:nbn:de\"},{\"urn\":\"urn:pulumi:\"}]}}");
	states_opaque("{\"version\":1,\"checkpoint\":{\"stack\":\"a\"},"
		      "\"epoch\":7}");
	states_opaque("{\"version\":1,\"checkpoint\":{\"latest\":\"a.pt\"}}");
	states_opaque("{\"steps\":[{\"op\":\"create\",\"urn\":\"" TOLD "\"}]}");
	states_opaque("[{\"version\":3,\"deployment\":{" MANIFEST "}}]");
}

static void
what_is_wrong_is_told(void **state)
{
	(void)state;
	states_damaged("pulumi",
	    "{\"deployment\":{\"resources\":[" BUCKET "}]}}",
	    "it has no version");
	states_damaged("pulumi",
	    "{\"version\":\"3\",\"deployment\":{\"resources\":[" BUCKET "}]}}",
	    "it has no version");
	states_damaged("pulumi",
	    "{\"version\":3,\"deployment\":{" MANIFEST
	    ",\"resources\":[{\"urn\":7}]}}",
	    "a resource of it has no urn");
	states_damaged("pulumi",
	    "{\"version\":3,\"deployment\":{" MANIFEST ",\"resources\":[7]}}",
	    "a resource of it has no urn");
	states_damaged("pulumi",
	    "{\"version\":3,\"deployment\":{" MANIFEST ",\"resources\":{}}}",
	    "its resources are no list");
	states_damaged("pulumi",
	    "{\"version\":3,\"deployment\":{" MANIFEST
	    ",\"pending_operations\":[{\"type\":\"creating\"}]}}",
	    "a pending operation of it names no resource");
	states_damaged("pulumi",
	    "{\"version\":3,\"deployment\":{" MANIFEST ",\n\"resources\":[<<<",
	    "line 2, column 14: ");
}

/* ---- hostile ---- */

static void
whatever_is_spoilt_is_told_to_its_end(void **state)
{
	char *text = export_of(
	    ",\"secrets_providers\":{\"type\":\"b64\"},\"metadata\":{},"
	    "\"pending_operations\":[{\"resource\":" BUCKET
	    "},\"type\":\"creating\"}]",
	    BUCKET ",\"id\":\"x\",\"inputs\":{\"a\":{" SECRET
		   ",\"ciphertext\":\"x\"},\"b\":[1,{\"c\":\"\\u0034\"}]},"
		   "\"outputs\":{\"d\":1},\"additionalSecretOutputs\":[\"d\"],"
		   "\"parent\":\"" TOLD "\",\"provider\":\"a::b\","
		   "\"propertyDependencies\":{\"a\":[\"c\"]},\"delete\":true}");

	(void)state;
	states_spoil(text);
	free(text);
}

static void
what_nests_deeply_is_read(void **state)
{
	struct gv_buf b = GV_BUF_INIT;
	struct listener l = LISTENER;
	struct gv_state_info info;
	size_t i;

	(void)state;
	gv_buf_addstr(&b,
	    "{\"version\":3,\"deployment\":{" MANIFEST ",\"resources\":[" BUCKET
	    ",\"inputs\":{\"a\":");
	for (i = 0; i < 1000; i++)
		gv_buf_addstr(&b, "[");
	gv_buf_addstr(&b, "{" SECRET "}");
	for (i = 0; i < 1000; i++)
		gv_buf_addstr(&b, "]");
	gv_buf_addstr(&b, "}}]}}");
	run_sized(&info, &l, b.p, b.len);
	assert_string_equal(info.damage, "");
	assert_non_null(strstr(l.list.p, TOLD " S "));
	free_listener(&l);
	gv_buf_release(&b);
}

static void
many_of_everything_are_read_at_once(void **state)
{
	struct gv_buf b = GV_BUF_INIT;
	struct listener l = LISTENER;
	struct gv_state_info info;
	size_t i;

	(void)state;
	gv_buf_addstr(&b,
	    "{\"version\":3,\"deployment\":{" MANIFEST ",\"resources\":[" BUCKET
	    ",\"outputs\":{\"\":0");
	for (i = 0; i < 100000; i++)
		gv_buf_addf(&b, ",\"a%zu\":%zu", i, i);
	gv_buf_addstr(&b, "},\"dependencies\":[\"\"");
	for (i = 0; i < 100000; i++)
		gv_buf_addf(&b, ",\"d%zu\",\"d%zu\"", i, i);
	gv_buf_addstr(&b, "],\"additionalSecretOutputs\":[\"\"");
	for (i = 0; i < 100000; i++)
		gv_buf_addf(&b, ",\"a%zu\"", i);
	gv_buf_addstr(&b, "]}]}}");
	run_sized(&info, &l, b.p, b.len);
	assert_string_equal(info.damage, "");
	assert_int_equal(info.items, 1);
	free_listener(&l);
	gv_buf_release(&b);
}

UNIT(state_pulumi)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_resource_is_called_by_its_urn),
		cmocka_unit_test(its_properties_are_attributes),
		cmocka_unit_test(what_it_needs_is_told_once),
		cmocka_unit_test(marks_are_told),
		cmocka_unit_test(what_is_to_be_deleted_is_told_apart),
		cmocka_unit_test(what_is_secret_is_marked),
		cmocka_unit_test(secrets_in_clear_are_told),
		cmocka_unit_test(what_is_pending_is_an_item),
		cmocka_unit_test(a_document_says_what_it_is),
		cmocka_unit_test(a_stack_without_resources_is_one),
		cmocka_unit_test(a_lineage_is_one_line_that_fits),
		cmocka_unit_test(what_is_of_others_is_not_taken),
		cmocka_unit_test(what_is_wrong_is_told),
		cmocka_unit_test(whatever_is_spoilt_is_told_to_its_end),
		cmocka_unit_test(what_nests_deeply_is_read),
		cmocka_unit_test(many_of_everything_are_read_at_once),
	};

	return UNIT_RUN(tests);
}
