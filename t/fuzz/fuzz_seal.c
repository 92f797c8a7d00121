/*
 * What a sealed value is inside, by somebody who has the recipients: they stand
 * in the keyring, so that is whoever may push. Any bytes sealed by age, and
 * opened as a value: they come as they are, or, where they begin as a gzip file
 * does, as that holds, and never more than a piece may have.
 */
#include "fuzz.h"

#include "base/err.h"
#include "compress/member.h"
#include "crypto/age.h"
#include "crypto/identity.h"
#include "crypto/recipient.h"
#include "crypto/secret.h"
#include "seal/seal.h"

static struct gv_identity identity;
static struct gv_recipient recipient;

static void
prepare(void)
{
	static const char text[] =
	    "AGE-SECRET-KEY-"
	    "1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2LM0";

	must(gv_identity_parse(&identity, text, strlen(text)) == 0);
	must(gv_identity_recipient(&recipient, &identity) == 0);
}

static void
open_sealed(const struct gv_buf *file, const uint8_t *data, size_t len)
{
	const struct gv_identity *with = &identity;
	struct gv_secret out = GV_SECRET_INIT;
	struct gv_seal_reader *reader;
	int r;

	must(gv_secret_add(&out, "before", 6) == 0);
	must(gv_seal_reader_new(&reader, &with, 1) == 0);
	r = gv_seal_open(reader, &out, file->p, file->len);
	must(out.len >= 6 && memcmp(out.p, "before", 6) == 0);
	if (gv_member_is(data, len)) {
		must(r == 0 || r == GV_ECORRUPT);
		must(out.len <= 6 + GV_SEAL_WHOLE);
		must(r == 0 || out.len == 6);
	} else {
		must(r == 0 && out.len == 6 + len);
		must(len == 0 || memcmp(out.p + 6, data, len) == 0);
	}
	gv_seal_reader_free(reader);
	gv_secret_release(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct gv_recipient *to = &recipient;
	struct gv_buf file = GV_BUF_INIT;

	if (recipient.kind != GV_RECIPIENT_X25519)
		prepare();
	must(gv_age_seal(&file, &to, 1, data, len) == 0);
	open_sealed(&file, data, len);
	gv_buf_release(&file);
	return 0;
}
