/* What svn and hg print, and the files of theirs that are read: nothing is read
 * beyond its end, and every path that is vouched for is one of the text. */
#include "fuzz.h"

#include <string.h>

#include "foreign/working_copy_address.h"
#include "foreign/working_copy_internal.h"
#include "foreign/working_copy_proof.h"
#include "foreign/working_copy_server.h"

static void
read_answers(const char *p, size_t len)
{
	struct gv_working_copy_answers a;
	size_t n = 0;
	long status;

	if (gv_working_copy_answers_init(&a, p, len) < 0)
		return;
	for (;; n++) {
		struct gv_buf out = GV_BUF_INIT, err = GV_BUF_INIT;
		int r = gv_working_copy_answer(&out, &err, &status, &a);

		must(out.len + err.len <= len);
		gv_buf_release(&out);
		gv_buf_release(&err);
		if (r < 0)
			break;
	}
	must(n <= len / 9);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct gv_base base = { .files = GV_BUF_INIT };
	struct gv_buf text = GV_BUF_INIT, source = GV_BUF_INIT;
	struct gv_working_copy_proof proof;
	struct gv_oid at;

	gv_buf_add(&text, data, len);
	if (gv_working_copy_read_svn(&base, text.p, text.len) == 0 &&
	    gv_base_index(&base) == 0) {
		must(base.clean.n <= len);
		(void)gv_working_copy_read_sums(&base, text.p, text.len);
	}
	gv_base_release(&base);
	base = (struct gv_base){ .files = GV_BUF_INIT };
	if (gv_working_copy_base_parse(&base, &at, text.p, text.len) == 0)
		must(base.tool && base.files.len <= len);
	gv_base_release(&base);
	if (gv_working_copy_proof_parse(&proof, text.p, text.len) == 0)
		must(proof.tool && proof.local.len <= len);
	gv_working_copy_proof_release(&proof);
	(void)gv_working_copy_hgrc_source(&source, text.p, text.len);
	must(source.len <= len);
	read_answers(text.p, text.len);
	gv_buf_release(&source);
	gv_buf_release(&text);
	return 0;
}
