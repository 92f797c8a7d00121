/*
 * Any bytes as what stores answer and tools keep: lists of three forms, names
 * of failures, a role's and a machine's credentials, a profile, values of
 * fields, packets of SFTP, lines of rclone.
 */
#include "fuzz.h"

#include "base/enc.h"
#include "base/err.h"
#include "store/store_aws.h"
#include "store/store_form.h"
#include "store/store_rclone.h"
#include "store/store_sftp_form.h"
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

static int
see_name(void *ctx, const char *name, size_t len,
    const struct gv_store_sftp_attrs *attrs)
{
	(void)attrs;
	*(size_t *)ctx += len + (len && name[len - 1]);
	return 0;
}

static void
read_packets(const uint8_t *data, size_t len)
{
	struct gv_store_sftp_in in = { data, len, false };
	struct gv_store_sftp_attrs attrs;
	size_t sum = 0, n;
	int r = gv_store_sftp_names(&in, see_name, &sum);

	must(r == 0 || r == GV_ECORRUPT);
	in = (struct gv_store_sftp_in){ data, len, false };
	gv_store_sftp_attrs(&attrs, &in);
	(void)gv_store_sftp_text(&in, &n);
	must(n <= len && in.left <= len);
	must(gv_store_sftp_measure(data, len) <=
	    (long)GV_STORE_SFTP_PACKET_MAX + 4);
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
	struct gv_store_rclone_entry entry;
	struct gv_buf text = GV_BUF_INIT;
	size_t i;

	must(gv_secret_ready() == 0);
	read_packets(data, len);
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
	if (gv_store_rclone_line(&entry, text.p, strlen(text.p)))
		must(entry.len > 0 && entry.len < strlen(text.p));
	gv_buf_release(&text);
	gv_buf_release(&page.next);
	gv_secret_release(&secret);
	gv_store_aws_profile_release(&profile);
	gv_store_aws_release(&key);
	return 0;
}
