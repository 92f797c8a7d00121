#ifndef GV_BUNDLE_H
#define GV_BUNDLE_H
/*
 * A vault in one file: a bundle of git's, which git itself clones and fetches
 * from, with a manifest under a ref of its own. What goes into one is what
 * sync.h brings to a remote, and what comes out is merged by its rules. (The
 * bundles of valuefile.h are another thing: values with names.)
 *
 *	r = gv_bundle_write(&done, repo, &opts);
 *	…
 *	r = gv_bundle_open(&bundle, repo, "vault.bundle");
 *	r = gv_bundle_import(&report, &bundle, &opts);
 *	gv_bundle_close(&bundle);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "crypto/sign.h"
#include "object/scratch.h"
#include "repo/repo.h"
#include "sync/bundle_manifest.h"
#include "sync/sync.h"

struct gv_keyring;
struct gv_keyring_kept;
struct gv_safe;

/* The manifest: a commit whose tree has the text under `manifest` and, where it
 * is signed, `manifest.sig`, as ssh-keygen -Y sign writes it. */
#define GV_BUNDLE_SPACE "git-vault-bundle" /* what is signed for */
#define GV_BUNDLE_LAST                                                         \
	"vault/exported" /* below the shared .git: the                         \
			    manifest of the last export */

/* ---- out ---- */

struct gv_bundle_write_opts {
	const char *file; /* NULL: write() gets the bytes */
	int (*write)(void *ctx, const void *data, size_t len);
	int (*flush)(void *ctx); /* after the last of them */
	void *ctx;
	bool force;              /* a file of that name is replaced */
	bool dry_run;            /* only tell what would be in it */
	const char *basis;       /* a bundle or a manifest; NULL: none */
	bool is_incremental;     /* the last export is the basis */
	const char *since;       /* snapshots from then on; NULL: all */
	const char *const *envs; /* of these environments; none: all */
	size_t n_envs;
	/* snapshots, and patterns of refs as sync has them; none: all */
	const char *const *picks;
	size_t n_picks;
	struct gv_safe *safe; /* who signs, and the keyring */
	int64_t now;
};

struct gv_bundle_written {
	struct gv_bundle_manifest manifest;
	struct gv_oid id; /* the manifest's commit; zero in a dry run */
	uint64_t bytes;   /* of the file; 0 in a dry run */
	size_t n_in;      /* refs that it has */
	bool is_signed;
	size_t n_kept_back;  /* refs that lead to what seems to be a secret */
	struct gv_buf found; /* where these are: a line each, "…\n" */
	size_t n_found;
	struct gv_buf allow; /* " --allow FINGERPRINT" for each */
	char *unnoted;       /* why --incremental does not know of it; NULL */
};

/* Write one: durably, whole or not at all. 0; GV_EEXISTS where the file is
 * there; GV_EREFUSED in a shallow repository, for a basis of another vault, or
 * where there is no last export; GV_EUSAGE; GV_ENOTFOUND; GV_ECORRUPT for a
 * damaged basis; GV_ERROR; what write() or flush()
 * returned. *out is set in any case, the
 * caller releases it. */
int gv_bundle_write(struct gv_bundle_written *out, struct gv_repo *repo,
    const struct gv_bundle_write_opts *opts);

/* NULL-safe, zeroed ok. */
void gv_bundle_written_release(struct gv_bundle_written *written);

/* ---- in ---- */

struct gv_bundle {
	struct gv_scratch scratch; /* its objects */
	struct gv_bundle_manifest manifest;
	struct gv_oid id; /* the manifest's commit */
	bool is_signed;
	unsigned char key[GV_SIGN_PUBLIC]; /* by whom */
	char *path;                        /* of the file */
};

/* Read one and check all of it: that what it needs is here, every object, that
 * refs and manifest are the same, the signature. Nothing comes into the
 * repository yet. 0; GV_ENOTFOUND where there is no such file; GV_EREFUSED
 * where it is no bundle, no vault's, or lacks its basis, by name; GV_ECORRUPT
 * where it is damaged or cut; GV_ERROR; GV_ENOMEM. To be closed whatever comes.
 */
int
gv_bundle_open(struct gv_bundle *out, struct gv_repo *repo, const char *file);

/* Free, and forget its objects; zeroed ok. */
void gv_bundle_close(struct gv_bundle *bundle);

/* The name of who signed it in our keyring, borrowed from the safe; NULL where
 * nobody did, or nobody in it. */
const char *
gv_bundle_signer(const struct gv_bundle *bundle, const struct gv_safe *safe);

/* The same in a keyring. */
const char *gv_bundle_signer_in(
    const struct gv_bundle *bundle, const struct gv_keyring *keyring);

/* The keyring that it has, each version checked and none pinned. 0;
 * GV_ENOTFOUND without a message where it has none; as gv_keyring_look(). *out
 * is set by success, and then to be released. */
int gv_bundle_keyring(struct gv_keyring_kept *out, struct gv_bundle *bundle);

/* Merge what it has with ours, by the rules of gv_sync_run(), whose options
 * these are: dry_run, side, stacks and safe count. 0, also with conflicts, and
 * then as gv_sync_run(); GV_EREFUSED for one of another vault or project, or
 * whose basis was not imported. *out is set in any case, the caller releases
 * it; where it is refused, nothing is changed. */
int gv_bundle_import(struct gv_sync_report *out, struct gv_bundle *bundle,
    const struct gv_sync_opts *opts);

#endif
