#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/sign.h"
#include "replica/replica_manifest.h"

/*
 * A manifest in a store is its line and, behind it, the signature of that line
 * as ssh-keygen writes it:
 *
 *	{"format":1,…}
 *	-----BEGIN SSH SIGNATURE-----
 *	…
 *	-----END SSH SIGNATURE-----
 */

int
gv_replica_manifest_seal(struct gv_buf *out, struct gv_replica_manifest *m,
    const struct gv_secret *key)
{
	const size_t at = out->len;
	struct gv_sign sign;
	int r = gv_replica_manifest_format(out, m);

	if (r < 0)
		return r;
	r = gv_sign_make(
	    &sign, key, GV_REPLICA_SPACE, out->p + at, out->len - at);
	return r < 0 ? r : gv_sign_format(out, &sign, GV_REPLICA_SPACE);
}

int
gv_replica_manifest_open(struct gv_replica_manifest *out, struct gv_sign *by,
    const char *text, size_t len)
{
	const char *nl = len ? memchr(text, '\n', len) : NULL;
	size_t line = nl ? (size_t)(nl + 1 - text) : len;
	int r;

	*out = (struct gv_replica_manifest)GV_REPLICA_MANIFEST_INIT;
	if (line == len)
		return gv_err(GV_EREFUSED,
		    "nobody has signed the manifest, so it decides nothing");
	r = gv_sign_parse(by, GV_REPLICA_SPACE, text + line, len - line);
	if (r < 0)
		return gv_err_in(r, "the signature of the manifest");
	if (gv_sign_check(by, GV_REPLICA_SPACE, text, line) < 0)
		return gv_err(GV_ECORRUPT,
		    "the signature of the manifest is of something else");
	return gv_replica_manifest_parse(out, text, line);
}
