#include "unit.h"

#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "store/store_form.h"
#include "store/store_xml.h"

static int
add_key(void *ctx, const char *key, const struct gv_store_stat *stat)
{
	gv_buf_addf(ctx, "%s %d %s %d\n", key, (int)stat->bytes, stat->etag,
	    (int)stat->modified);
	return 0;
}

static void
expect(enum gv_store_xml_form form, const char *xml, const char *want,
    const char *next)
{
	struct gv_store_xml_page page = GV_STORE_XML_PAGE_INIT;
	struct gv_buf b = GV_BUF_INIT;

	assert_int_equal(
	    gv_store_xml_list(&page, form, xml, strlen(xml), add_key, &b), 0);
	assert_string_equal(b.p, want);
	assert_int_equal(page.has_more, next != NULL);
	if (next)
		assert_string_equal(page.next.p, next);
	gv_buf_release(&b);
	gv_buf_release(&page.next);
}

static void
lists_of_s3_are_read(void **state)
{
	(void)state;
	expect(GV_STORE_XML_S3,
	    "<?xml version=\"1.0\"?><ListBucketResult xmlns=\"http://s3\">"
	    "<Name>b</Name><Prefix/><EncodingType>url</EncodingType>"
	    "<IsTruncated>true</IsTruncated>"
	    "<NextContinuationToken>a&amp;b==</NextContinuationToken>"
	    "<Contents><Key>p/a%2Bb</Key><LastModified>1970-01-01T00:01:00.000Z"
	    "</LastModified><ETag>&quot;0a&quot;</ETag><Size>5</Size>"
	    "<Owner><ID>x</ID></Owner></Contents>"
	    "<Contents><Key>p/c</Key><Size>18446744073709551615</Size>"
	    "</Contents></ListBucketResult>",
	    "p/a+b 5 0a 60\np/c -1  0\n", "a&b==");
	expect(GV_STORE_XML_S3,
	    "<ListBucketResult><IsTruncated>false</IsTruncated>"
	    "<Contents><Key>a%2Bb</Key><Size>0</Size></Contents>"
	    "</ListBucketResult>",
	    "a%2Bb 0  0\n", NULL);
	expect(GV_STORE_XML_S3, "<ListBucketResult/>", "", NULL);
}

static void
lists_of_azure_and_of_webdav_are_read(void **state)
{
	(void)state;
	expect(GV_STORE_XML_AZURE,
	    "\xef\xbb\xbf<?xml version=\"1.0\"?><EnumerationResults><Blobs>"
	    "<Blob><Name>p/a</Name><Properties><Last-Modified>Thu, 01 Jan 1970"
	    " 00:01:00 GMT</Last-Modified><Etag>0x8D</Etag><Content-Length>7"
	    "</Content-Length></Properties></Blob></Blobs><NextMarker>m"
	    "</NextMarker></EnumerationResults>",
	    "p/a 7 0x8D 60\n", "m");
	expect(GV_STORE_XML_AZURE,
	    "<EnumerationResults><Blobs /><NextMarker /></EnumerationResults>",
	    "", NULL);
	expect(GV_STORE_XML_DAV,
	    "<D:multistatus xmlns:D=\"DAV:\"><D:response><D:href>/d/x</D:href>"
	    "<D:propstat><D:prop><D:resourcetype><D:collection/>"
	    "</D:resourcetype></D:prop><D:status>HTTP/1.1 200 OK</D:status>"
	    "</D:propstat></D:response><D:response><D:href>/d/a%20b</D:href>"
	    "<D:propstat><D:prop><D:getetag/></D:prop><D:status>HTTP/1.1 404 "
	    "Not Found</D:status></D:propstat><D:propstat><D:prop>"
	    "<D:resourcetype/><D:getcontentlength>3</D:getcontentlength>"
	    "<D:getetag>\"e\"</D:getetag></D:prop><D:status>HTTP/1.1 200 OK"
	    "</D:status></D:propstat></D:response></D:multistatus>",
	    "/d/x/ 0  0\n/d/a b 3 e 0\n", NULL);
}

static void
damaged_lists_are_refused(void **state)
{
	static const char *const bad[] = { "", "no", "<a/>",
		"<ListBucketResult><Contents><Key>a</Key><Size>1</Size>",
		"<ListBucketResult><Contents><Key>a</Key></Contents>"
		"</ListBucketResult>",
		"<ListBucketResult><Contents><Size>1</Size></Contents>"
		"</ListBucketResult>",
		"<ListBucketResult><Contents><Key>a</Key><Size>-1</Size>"
		"</Contents></ListBucketResult>",
		"<ListBucketResult><IsTruncated>true</IsTruncated>"
		"</ListBucketResult>" };
	struct gv_store_xml_page page = GV_STORE_XML_PAGE_INIT;
	struct gv_buf b = GV_BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_int_equal(gv_store_xml_list(&page, GV_STORE_XML_S3,
				     bad[i], strlen(bad[i]), add_key, &b),
		    GV_ECORRUPT);
	}
	gv_buf_release(&b);
	gv_buf_release(&page.next);
}

static void
names_of_failures_are_words(void **state)
{
	static const char good[] =
	    "<Error><Code>SlowDown</Code><Message>x</Message></Error>";
	static const char bad[] = "<Error><Code>not a \x1b[31m word</Code>"
				  "</Error>";
	char code[16];

	(void)state;
	gv_store_xml_code(code, sizeof(code), good, strlen(good));
	assert_string_equal(code, "SlowDown");
	gv_store_xml_code(code, sizeof(code), bad, strlen(bad));
	assert_string_equal(code, "");
	gv_store_xml_code(code, 8, good, strlen(good));
	assert_string_equal(code, "");
	gv_store_xml_code(code, sizeof(code), NULL, 0);
	assert_string_equal(code, "");
}

static void
dates_go_there_and_back(void **state)
{
	static const int64_t times[] = { 0, 951782400, 1369353600, 1795996799,
		4102444800 };
	struct gv_buf b = GV_BUF_INIT;
	size_t i;

	(void)state;
	gv_store_form_date(&b, 1369353600);
	assert_string_equal(b.p, "Fri, 24 May 2013 00:00:00 GMT");
	for (i = 1; i < sizeof(times) / sizeof(*times); i++) {
		gv_buf_reset(&b);
		gv_store_form_date(&b, times[i]);
		assert_int_equal(gv_store_form_time(b.p), times[i]);
	}
	assert_int_equal(gv_store_form_time(""), 0);
	assert_int_equal(
	    gv_store_form_time("Fri, 24 Mai 2013 00:00:00 GMT"), 0);
	gv_buf_release(&b);
}

static void
values_that_are_invalid_are_passed_over(void **state)
{
	struct gv_store_stat stat = { 0 };
	struct gv_buf b = GV_BUF_INIT;

	(void)state;
	gv_store_form_etag(&stat, "\"a\"b\"");
	assert_string_equal(stat.etag, "");
	gv_store_form_etag(&stat, "W/x");
	assert_string_equal(stat.etag, "W/x");
	gv_store_form_md5(&stat, "AAAA");
	assert_false(stat.has_md5);
	gv_store_form_md5(&stat, "1B2M2Y8AsgTpgAmY7PhCfg==");
	assert_true(stat.has_md5);
	assert_int_equal(stat.md5[0], 0xd4);
	assert_int_equal(gv_enc_unpercent(&b, "a%2", 3), GV_EREFUSED);
	assert_int_equal(gv_enc_unpercent(&b, "%00", 3), GV_EREFUSED);
	gv_buf_release(&b);
}

static int
add_version(void *ctx, const struct gv_store_version *v)
{
	struct gv_buf *out = ctx;

	gv_buf_addf(out, "%s %s %llu%s%s", v->name, v->id,
	    (unsigned long long)v->stat.bytes, v->is_current ? " now" : "",
	    v->is_marker ? " mark" : "");
	if (v->is_deleted)
		gv_buf_addf(
		    out, " until %lld", (long long)v->stat.locked_until);
	gv_buf_addch(out, ';');
	return gv_buf_check(out);
}

static void
versions_are_read(void **state)
{
	static const char s3[] =
	    "<ListVersionsResult><EncodingType>url</EncodingType>"
	    "<IsTruncated>true</IsTruncated><NextKeyMarker>p%2Fb"
	    "</NextKeyMarker><NextVersionIdMarker>x</NextVersionIdMarker>"
	    "<DeleteMarker><Key>p%2Fa</Key><VersionId>m</VersionId>"
	    "<IsLatest>true</IsLatest></DeleteMarker><Version><Key>p%2Fa</Key>"
	    "<VersionId>v</VersionId><IsLatest>false</IsLatest><Size>3</Size>"
	    "</Version></ListVersionsResult>";
	static const char google[] =
	    "<ListBucketResult><IsTruncated>false</IsTruncated><Version>"
	    "<Key>a</Key><Generation>17</Generation><IsLatest>true</IsLatest>"
	    "<Size>4</Size></Version></ListBucketResult>";
	static const char list[] =
	    "<ListBucketResult><Contents><Key>a</Key><Size>1</Size></Contents>"
	    "</ListBucketResult>";
	static const char nameless[] =
	    "<ListVersionsResult><Version><Key>a</Key><Size>1</Size></Version>"
	    "</ListVersionsResult>";
	struct gv_store_xml_versions page = GV_STORE_XML_VERSIONS_INIT;
	struct gv_buf b = GV_BUF_INIT;

	(void)state;
	assert_int_equal(
	    gv_store_xml_versions(&page, s3, strlen(s3), add_version, &b), 0);
	assert_string_equal(b.p, "p/a m 0 now mark;p/a v 3;");
	assert_true(page.has_more);
	assert_string_equal(page.key.p, "p/b");
	assert_string_equal(page.id.p, "x");
	gv_buf_reset(&b);
	assert_int_equal(gv_store_xml_versions(
			     &page, google, strlen(google), add_version, &b),
	    0);
	assert_string_equal(b.p, "a 17 4 now;");
	assert_false(page.has_more || page.is_list);
	/* a server that does not know the question lists its objects */
	assert_int_equal(
	    gv_store_xml_versions(&page, list, strlen(list), add_version, &b),
	    0);
	assert_true(page.is_list);
	assert_int_equal(gv_store_xml_versions(&page, nameless,
			     strlen(nameless), add_version, &b),
	    GV_ECORRUPT);
	gv_buf_release(&page.key);
	gv_buf_release(&page.id);
	gv_buf_release(&b);
}

#define BLOB(rest)                                                             \
	"<Blob><Name>a</Name>" rest                                            \
	"<Content-Length>2</Content-Length></Properties></Blob>"

static void
what_azure_keeps_of_blobs_is_read(void **state)
{
	static const char plain[] = "<EnumerationResults><Blobs>" BLOB(
	    "<Properties>") "</Blobs><NextMarker/></EnumerationResults>";
	static const char all[] = "\xef\xbb\xbf<EnumerationResults><Blobs>" BLOB(
	    "<VersionId>1</VersionId><Properties>")
	    BLOB("<VersionId>2</VersionId><IsCurrentVersion>true"
		 "</IsCurrentVersion><Properties>")
		BLOB("<Snapshot>3</Snapshot><VersionId>2</VersionId>"
		     "<Properties>")
		    BLOB("<Deleted>true</Deleted><VersionId>4</VersionId>"
			 "<Properties><RemainingRetentionDays>6"
			 "</RemainingRetentionDays>")
			BLOB(
			    "<Deleted>true</Deleted><Properties>") "</Blobs><NextMarker>m</NextMarker></EnumerationResults>";
	static const char empty[] =
	    "<EnumerationResults><Blobs/><NextMarker/></EnumerationResults>";
	static const char *const odd[] = { "<EnumerationResults/>",
		"<EnumerationResults><Blobs><Blob><Properties/></Blob></Blobs>"
		"</EnumerationResults>" };
	struct gv_store_xml_versions page = GV_STORE_XML_VERSIONS_INIT;
	struct gv_buf b = GV_BUF_INIT;
	size_t i;

	(void)state;
	page.now = 1000;
	assert_int_equal(
	    gv_store_xml_versions(&page, plain, strlen(plain), add_version, &b),
	    0);
	assert_string_equal(b.p, "a  2 now;");
	assert_false(page.has_more || page.is_list);
	gv_buf_reset(&b);
	assert_int_equal(
	    gv_store_xml_versions(&page, all, strlen(all), add_version, &b), 0);
	assert_string_equal(b.p,
	    "a versionid=1 2;a versionid=2 2 now;a snapshot=3 2;"
	    "a versionid=4 2 until 605800;a  2 until 0;");
	assert_true(page.has_more);
	assert_string_equal(page.key.p, "m");
	gv_buf_reset(&b);
	assert_int_equal(
	    gv_store_xml_versions(&page, empty, strlen(empty), add_version, &b),
	    0);
	assert_int_equal(b.len, 0);
	for (i = 0; i < 2; i++)
		assert_int_equal(gv_store_xml_versions(&page, odd[i],
				     strlen(odd[i]), add_version, &b),
		    GV_ECORRUPT);
	gv_buf_release(&page.key);
	gv_buf_release(&page.id);
	gv_buf_release(&b);
}

UNIT(store_xml)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_of_s3_are_read),
		cmocka_unit_test(lists_of_azure_and_of_webdav_are_read),
		cmocka_unit_test(versions_are_read),
		cmocka_unit_test(what_azure_keeps_of_blobs_is_read),
		cmocka_unit_test(damaged_lists_are_refused),
		cmocka_unit_test(names_of_failures_are_words),
		cmocka_unit_test(dates_go_there_and_back),
		cmocka_unit_test(values_that_are_invalid_are_passed_over),
	};

	return UNIT_RUN(tests);
}
