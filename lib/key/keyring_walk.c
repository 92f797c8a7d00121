#include <string.h>

#include "base/err.h"
#include "key/keyring_store_internal.h"
#include "object/repo_odb.h"
#include "repo/repo.h"

/* Each step takes one off the version, which is bounded by its reader. */
int
gv_keyring_each_from(struct gv_repo *repo, const struct gv_oid *tip,
    int (*fn)(void *ctx, const struct gv_keyring *k), void *ctx)
{
	struct gv_keyring_link at = { .k = { .version = 0 } };
	struct gv_odb *odb;
	int r = gv_repo_odb(repo, &odb);

	if (r == 0)
		r = gv_keyring_link_read(&at, odb, tip);
	while (r == 0) {
		struct gv_keyring_link before = { .k = { .version = 0 } };

		r = fn(ctx, &at.k);
		if (r < 0 || at.k.version == 1)
			break;
		if ((r = gv_keyring_link_read(&before, odb, &at.parent)) == 0)
			r = gv_keyring_check(&at.k, &at.by, &before.k);
		gv_keyring_link_release(&at);
		at = before;
	}
	gv_keyring_link_release(&at);
	return r;
}

int
gv_keyring_each(struct gv_repo *repo,
    int (*fn)(void *ctx, const struct gv_keyring *k), void *ctx)
{
	struct gv_keyring_kept kept;
	int r = gv_keyring_load(&kept, repo);

	if (r < 0)
		return r;
	r = gv_keyring_each_from(repo, &kept.ledger.tip, fn, ctx);
	gv_keyring_kept_release(&kept);
	return r;
}
