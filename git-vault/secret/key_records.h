#ifndef KEY_RECORDS_H
#define KEY_RECORDS_H
/*
 * What of the known-good records hangs on somebody who has just left the
 * keyring.
 *
 *	gv_key_records_tell(ctx, "bob");
 */

struct gv_ctx;

/* Say of each record and revocation of a former member that counts no longer
 * which command signs it again. What cannot be read is no failure of the
 * command, and is said. */
void gv_key_records_tell(struct gv_ctx *ctx, const char *name);

#endif
