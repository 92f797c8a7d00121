#include "good/vouch.h"

#include <string.h>

#include "record/good.h"
#include "record/own.h"
#include "record/record.h"

#define SHORTEST 4 /* characters of an id */

/* Whether a record that counts, of any environment, names the snapshot by its
 * commit. */
static int
find_word(bool *out, struct gv_repo *repo, const struct gv_record *rec)
{
	struct gv_goods all = { .n = 0 };
	size_t i;
	int r = gv_goods_load(&all, repo, NULL);

	for (i = 0; r == 0 && !*out && i < all.n; i++) {
		struct gv_good *one = &all.all[i];

		if (one->damage || one->revoked ||
		    one->status != GV_GOOD_VERIFIED ||
		    !gv_oid_equal(&one->snapshot, &rec->commit))
			continue;
		r = gv_good_judge(one, all.rule, repo);
		*out = r == 0 && one->distrust == NULL;
	}
	gv_goods_release(&all);
	return r;
}

int
gv_vouch_has(bool *out, struct gv_repo *repo, const struct gv_record *rec)
{
	int r = gv_own_took(repo, &rec->commit);

	*out = r > 0;
	return r ? (r < 0 ? r : 0) : find_word(out, repo, rec);
}

bool
gv_vouch_is_typed(const struct gv_record *rec, const char *text)
{
	return text && strlen(text) >= SHORTEST && strstr(rec->id, text);
}
