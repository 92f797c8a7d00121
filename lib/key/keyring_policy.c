#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "key/keyring_store_internal.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "repo/hash.h"
#include "repo/repo.h"

static bool
is_of(const struct gv_keyring_policy *policy, const struct gv_object *obj)
{
	unsigned char sum[GV_KEYRING_DIGEST];
	struct gv_hash_sha256 h;

	gv_hash_sha256_init(&h);
	gv_hash_sha256_update(&h, obj->data, obj->len);
	gv_hash_sha256_finish(&h, sum);
	return memcmp(sum, policy->digest, sizeof(sum)) == 0;
}

static int
read_entry(struct gv_object *out, struct gv_odb *odb, const struct gv_oid *tree,
    const char *file)
{
	char name[GV_KEYRING_NAME_MAX + sizeof(GV_KEYRING_POLICY)];
	struct gv_oid oid;
	unsigned mode;
	int r;

	snprintf(name, sizeof(name), GV_KEYRING_POLICY "%s", file);
	if ((r = gv_tree_find(odb, tree, name, &mode, &oid)) == 0)
		r = gv_keyring_object(
		    out, odb, &oid, GV_OTYPE_BLOB, GV_KEYRING_POLICY_MAX);
	return r;
}

int
gv_keyring_read_policy(struct gv_buf *out, struct gv_repo *repo,
    const struct gv_keyring_kept *kept, size_t i)
{
	const struct gv_keyring_policy *policy = &kept->keyring.policies[i];
	struct gv_object obj = { 0 };
	struct gv_odb *odb;
	int r = gv_repo_odb(repo, &odb);

	if (r == 0)
		r = read_entry(&obj, odb, &kept->ledger.tree, policy->file);
	if (r == GV_ENOTFOUND)
		r = gv_err(GV_ECORRUPT,
		    "version %u of the keyring accepts a %s that is not in its "
		    "tree; fetch it again by 'git vault sync'",
		    kept->keyring.version, policy->file);
	else if (r == 0 && !is_of(policy, &obj))
		r = gv_err(GV_EREFUSED,
		    "version %u of the keyring accepts another %s than the one "
		    "in its tree",
		    kept->keyring.version, policy->file);
	if (r == 0) {
		gv_buf_add(out, obj.data, obj.len);
		r = gv_buf_check(out);
	}
	gv_object_release(&obj);
	return r;
}
