#include <stddef.h>

#include "audit/audit_internal.h"
#include "audit/audit_signers.h"
#include "base/buf.h"
#include "base/err.h"
#include "crypto/identity.h"
#include "crypto/secret.h"
#include "key/keyfile.h"
#include "sys/env.h"

/* The first key of a file that can sign. An encrypted or missing file is
 * skipped: nobody is asked, and the event is not signed. */
static void
take_from(struct gv_secret *out, const char *path)
{
	struct gv_identity_list ids = { 0 };
	struct gv_keyfile_look look = { .is_exposed = false };
	size_t i;

	if (gv_keyfile_read(&ids, &look, path, NULL) == 0)
		for (i = 0; i < ids.n && out->len == 0; i++)
			if (gv_identity_signer(out, &ids.all[i]) < 0)
				gv_secret_reset(out);
	gv_identity_list_release(&ids);
}

/* The order is that in which a safe looks for them. */
void
gv_audit_signer_find(struct gv_secret *out)
{
	const char *named = gv_env_get("GIT_VAULT_IDENTITY");
	struct gv_buf own = GV_BUF_INIT, ssh = GV_BUF_INIT;
	char *before = gv_err_save();

	if (named) {
		take_from(out, named);
	} else {
		if (gv_keyfile_default(&own) == 0)
			take_from(out, own.p);
		if (out->len == 0 && gv_env_expand(&ssh, GV_KEYFILE_SSH) == 0)
			take_from(out, ssh.p);
	}
	gv_err_restore(before);
	gv_buf_release(&own);
	gv_buf_release(&ssh);
}
