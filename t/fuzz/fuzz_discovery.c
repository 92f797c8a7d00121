/*
 * What is remembered of a repository, as a file of any bytes: read without
 * going astray. The digest in front is made to fit, so that the reader goes on.
 */
#include "fuzz.h"

#include "repo/discovery_internal.h"
#include "repo/hash.h"

#define MAGIC "git-vault discovery 1"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct gv_oid key;
	struct gv_oid digest;
	struct gv_discovery_text d;
	struct gv_buf text = GV_BUF_INIT;
	char hex[GV_OID_HEX + 1];
	const char *stamps, *end;
	size_t n;

	gv_hash_plain(&digest, data, len);
	gv_oid_format(hex, &digest);
	gv_buf_add(&text, MAGIC, sizeof(MAGIC));
	gv_buf_add(&text, hex, sizeof(hex));
	gv_buf_add(&text, data, len);
	end = text.p + text.len;
	if (gv_discovery_parse(&d, &stamps, &n, text.p, text.len, &key)) {
		must(d.config >= text.p && d.config + d.config_len == end);
		must(stamps <= d.config);
		must(d.git_dir > text.p && d.git_version < end);
	}
	gv_buf_release(&text);
	return 0;
}
