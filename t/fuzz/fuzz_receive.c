/*
 * What a server reads of a push, and what others read of the server: any bytes
 * as git's list of refs, as a receipt, and as a commit of receipts. What is
 * read of these is written again byte for byte, and what was signed is the
 * commit without its signature.
 */
#include "fuzz.h"

#include "audit/receipt.h"
#include "audit/receipt_commit.h"
#include "base/err.h"
#include "hook/receive.h"

static void
read_push(const uint8_t *data, size_t len)
{
	char old[GV_OID_HEX + 1], new[GV_OID_HEX + 1];
	struct gv_receive push = { 0 };
	struct gv_buf back = GV_BUF_INIT;
	size_t i;

	if (gv_receive_parse(&push, (const char *)data, len) < 0) {
		must(push.updates == NULL && *gv_err_message());
		return;
	}
	for (i = 0; i < push.n; i++) {
		gv_oid_format(old, &push.updates[i].old);
		gv_oid_format(new, &push.updates[i].new);
		gv_buf_addf(&back, "%s %s %s\n", old, new, push.updates[i].ref);
	}
	/* digits may be large, and the last line end missing */
	must(back.len == len || back.len == len + 1);
	gv_buf_release(&back);
	gv_receive_release(&push);
}

static void
read_receipt(const uint8_t *data, size_t len)
{
	struct gv_receipt receipt = { 0 }, again = { 0 };
	struct gv_buf back = GV_BUF_INIT;

	if (gv_receipt_parse(&receipt, (const char *)data, len) < 0) {
		must(receipt.pusher == NULL && *gv_err_message());
		return;
	}
	gv_receipt_format(&back, &receipt);
	must(gv_receipt_parse(&again, back.p, back.len) == 0 &&
	    again.time == receipt.time &&
	    gv_oid_equal(&again.commit, &receipt.commit));
	gv_buf_release(&back);
	gv_receipt_release(&receipt);
	gv_receipt_release(&again);
}

static void
read_commit(const uint8_t *data, size_t len)
{
	struct gv_receipt_commit c = GV_RECEIPT_COMMIT_INIT;

	if (gv_receipt_commit_parse(&c, (const char *)data, len) < 0)
		must(*gv_err_message());
	else if (c.signature.len == 0)
		must(c.bytes.len <= len &&
		    (c.bytes.len < len || memcmp(c.bytes.p, data, len) == 0));
	else
		must(c.bytes.len + c.signature.len < len);
	gv_receipt_commit_release(&c);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	read_push(data, len);
	read_receipt(data, len);
	read_commit(data, len);
	return 0;
}
