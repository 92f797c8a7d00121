/*
 * Any bytes as what stores answer and tools keep: lists of three forms, names
 * of failures, a role's and a machine's credentials, a profile, values of
 * fields.
 */
#include "fuzz.h"

#include "base/enc.h"
#include "base/err.h"
#include "store/store_aws.h"
#include "store/store_form.h"
#include "store/store_xml.h"

static int
see(void *ctx, const char *key, const struct gv_store_stat *stat)
{
	(void)ctx;
	must(strlen(key) < SIZE_MAX && strlen(stat->etag) < GV_STORE_ETAG_MAX);
	must(strpbrk(stat->etag, "\"\r\n") == NULL);
	return 0;
}

static void
read_texts(const char *text)
{
	struct gv_store_stat stat = { 0 };
	struct gv_buf b = GV_BUF_INIT;
	char word[16];

	gv_store_form_etag(&stat, text);
	gv_store_form_md5(&stat, text);
	gv_store_form_md5_hex(&stat, text);
	gv_store_form_word(word, sizeof(word), text);
	must(strlen(word) < sizeof(word));
	(void)gv_store_form_time(text);
	(void)gv_enc_unpercent(&b, text, strlen(text));
	gv_buf_release(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const enum gv_store_xml_form forms[] = { GV_STORE_XML_S3,
		GV_STORE_XML_AZURE, GV_STORE_XML_DAV };
	struct gv_store_aws_profile profile = { GV_BUF_INIT, GV_BUF_INIT,
		GV_BUF_INIT, GV_BUF_INIT, GV_BUF_INIT, GV_BUF_INIT,
		GV_BUF_INIT };
	struct gv_store_xml_page page = GV_STORE_XML_PAGE_INIT;
	struct gv_store_aws key = GV_STORE_AWS_INIT;
	struct gv_secret secret = GV_SECRET_INIT;
	struct gv_buf text = GV_BUF_INIT;
	size_t i;

	must(gv_secret_ready() == 0);
	for (i = 0; i < 3; i++) {
		int r =
		    gv_store_xml_list(&page, forms[i], data, len, see, NULL);

		must(r == 0 || r == GV_ECORRUPT);
	}
	(void)gv_store_aws_role_xml(&key, data, len);
	(void)gv_store_aws_profile_read(
	    &profile, &key, data, len, "default", true);
	must(gv_secret_add(&secret, data, len) == 0);
	(void)gv_store_aws_json(&key, &secret);
	gv_buf_add(&text, data, len);
	read_texts(text.p);
	gv_buf_release(&text);
	gv_buf_release(&page.next);
	gv_secret_release(&secret);
	gv_store_aws_profile_release(&profile);
	gv_store_aws_release(&key);
	return 0;
}
