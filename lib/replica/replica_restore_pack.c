#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/enc.h"
#include "base/err.h"
#include "replica/replica_restore.h"
#include "sys/entry.h"
#include "sys/file.h"

/*
 * A pack is read under a name that git does not look at, and gets its own when
 * it is complete and on disk; its index comes behind it, since git finds a pack
 * by that. So what was restored before an interruption is known by its name.
 */

static int
bring(struct gv_replica_restore *re, const struct gv_buf *stem,
    const struct gv_replica_pack *p, const char *ext)
{
	const bool is_pack = strcmp(ext, "pack") == 0;
	struct gv_buf name = GV_BUF_INIT, path = GV_BUF_INIT,
		      temporary = GV_BUF_INIT;
	int r;

	gv_replica_name_pack(&name, p->sum, ext, re->rep.is_encrypted);
	gv_buf_addf(&path, "%s.%s", stem->p, ext);
	gv_buf_addf(&temporary, "%s.%s.part", stem->p, ext);
	if ((r = gv_buf_check(&name)) < 0 || (r = gv_buf_check(&path)) < 0 ||
	    (r = gv_buf_check(&temporary)) < 0 ||
	    gv_file_exists(AT_FDCWD, path.p))
		goto out;
	r = gv_replica_fetch_file(&re->rep, name.p,
	    is_pack ? p->sum : p->idx_sum, is_pack ? p->bytes : p->idx_bytes,
	    temporary.p);
	if (r == 0 &&
	    gv_entry_rename(AT_FDCWD, temporary.p, AT_FDCWD, path.p) < 0)
		r = gv_err_sys("cannot rename %s", temporary.p);
	if (r == 0)
		r = gv_file_sync_parent(AT_FDCWD, path.p);
out:
	gv_buf_release(&name);
	gv_buf_release(&path);
	gv_buf_release(&temporary);
	return r;
}

static int
bring_both(struct gv_replica_restore *re, const struct gv_replica_pack *p)
{
	struct gv_buf stem = GV_BUF_INIT;
	char hex[GV_REPLICA_SUM_HEX + 1];
	int r;

	gv_enc_hex(hex, p->sum, GV_REPLICA_SUM);
	gv_buf_addf(
	    &stem, "%s/objects/pack/pack-%.*s", re->git_dir.p, GV_OID_HEX, hex);
	if ((r = gv_buf_check(&stem)) == 0 &&
	    (r = bring(re, &stem, p, "pack")) == 0)
		r = bring(re, &stem, p, "idx");
	gv_buf_release(&stem);
	return r;
}

int
gv_replica_restore_packs(struct gv_replica_restore *restore)
{
	struct gv_replica_manifest needed = GV_REPLICA_MANIFEST_INIT;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < restore->all.n; i++)
		if (restore->branches[i].is_in)
			r = gv_replica_manifest_join_packs(
			    &needed, &restore->branches[i].chain.state);
	restore->out->packs = needed.n_packs;
	restore->out->bytes = 0;
	for (i = 0; r == 0 && i < needed.n_packs; i++) {
		r = bring_both(restore, &needed.packs[i]);
		restore->out->bytes += needed.packs[i].bytes;
	}
	gv_replica_manifest_release(&needed);
	return r;
}
