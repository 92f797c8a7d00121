#include "audit/audit_proof.h"

#include <string.h>

#include "audit/audit.h"
#include "audit/audit_internal.h"
#include "audit/audit_signers.h"
#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "crypto/secret.h"
#include "crypto/ssh.h"
#include "object/odb.h"
#include "object/repo_odb.h"

#define MARK_LEN (sizeof(GV_AUDIT_SIGNATURE) - 1)

/* Append the signature of the last line as ssh-keygen writes it. */
static int
add_signature(struct gv_buf *out, const char *text, size_t len)
{
	struct gv_buf raw = GV_BUF_INIT;
	struct gv_sign sign;
	const char *line;
	int r = 0;

	if (len == 0 || text[len - 1] != '\n')
		return 0;
	for (line = text + len - 1; line > text && line[-1] != '\n'; line--)
		;
	len = (size_t)(text + len - 1 - line);
	if (len <= MARK_LEN || memcmp(line, GV_AUDIT_SIGNATURE, MARK_LEN) != 0)
		return 0;
	if ((r = gv_enc_unbase64(&raw, line + MARK_LEN, len - MARK_LEN)) < 0)
		goto out;
	if (raw.len != sizeof(sign)) {
		r = gv_err(GV_ECORRUPT, "its signature is invalid");
		goto out;
	}
	memcpy(&sign, raw.p, sizeof(sign));
	r = gv_sign_format(out, &sign, GV_AUDIT_SPACE);
out:
	gv_buf_release(&raw);
	return r;
}

int
gv_audit_proof_load(struct gv_buf *bytes, struct gv_buf *sig,
    struct gv_repo *repo, const struct gv_oid *commit)
{
	struct gv_object obj = { 0 };
	struct gv_odb *odb;
	int r;

	if ((r = gv_repo_odb(repo, &odb)) < 0 ||
	    (r = gv_odb_read_type(odb, &obj, commit, GV_OTYPE_COMMIT)) < 0)
		goto out;
	gv_buf_add(bytes, obj.data, obj.len);
	if ((r = add_signature(sig, (const char *)obj.data, obj.len)) == 0)
		r = gv_buf_check(bytes);
out:
	gv_object_release(&obj);
	return r;
}

int
gv_audit_proof_sign(
    struct gv_buf *sig, const char *space, const void *data, size_t len)
{
	struct gv_secret key = GV_SECRET_INIT;
	struct gv_sign sign;
	int r = 0;

	gv_audit_signer_find(&key);
	if (key.len == 0)
		goto out;
	if ((r = gv_sign_make(&sign, &key, space, data, len)) == 0 &&
	    (r = gv_sign_format(sig, &sign, space)) == 0)
		r = 1;
out:
	gv_secret_release(&key);
	return r;
}

int
gv_audit_proof_signer(struct gv_buf *out, const char *name, const char *spaces,
    const unsigned char key[GV_SIGN_PUBLIC])
{
	gv_buf_addf(out, "%s namespaces=\"%s\" ", name, spaces);
	(void)gv_ssh_add_public(out, key);
	gv_buf_addch(out, '\n');
	return gv_buf_check(out);
}
