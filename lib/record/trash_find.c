#include "record/trash.h"

#include <string.h>

#include "base/err.h"
#include "base/lines.h"
#include "base/path.h"
#include "base/time.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "record/record_load.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"

int
gv_trash_find(const struct gv_trash_item **out, const struct gv_trash *t,
    const char *text)
{
	const struct gv_trash_item *found = NULL;
	const size_t front = strlen(GV_REFS_SNAPSHOTS);
	size_t i;

	if (strncmp(text, GV_REFS_SNAPSHOTS, front) == 0)
		text += front;
	for (i = 0; i < t->n; i++) {
		if (!gv_record_is_short(t->items[i].id, text))
			continue;
		if (found)
			return gv_err(GV_EREFUSED,
			    "'%s' is short for several ids in the trash, %s "
			    "and %s among them",
			    text, t->items[i].id, found->id);
		found = &t->items[i];
	}
	if (found == NULL)
		return gv_err(GV_ENOTFOUND,
		    "'%s' is not in the trash; to list the trash: git vault "
		    "list --deleted",
		    text);
	*out = found;
	return 0;
}

/* Whether it had the tag: given when it was taken, or later. */
static bool
has_tag(struct gv_repo *repo, const struct gv_trash_item *it, const char *tag)
{
	struct gv_record rec = { 0 };
	struct gv_object obj = { 0 };
	struct gv_odb *odb;
	struct gv_oid oid;
	bool has;

	if (gv_record_load(&rec, repo, &it->commit) < 0)
		return false;
	has = gv_record_has_tag(&rec, tag, strlen(tag));
	gv_record_release(&rec);
	if (has || gv_repo_odb(repo, &odb) < 0 ||
	    gv_trash_tags(&oid, repo, it) < 0 || gv_oid_is_zero(&oid) ||
	    gv_odb_read_type(odb, &obj, &oid, GV_OTYPE_BLOB) < 0)
		return has;
	has = gv_lines_have((const char *)obj.data, obj.len, tag, strlen(tag));
	gv_object_release(&obj);
	return has;
}

static const struct gv_trash_item *
find_meant(struct gv_repo *repo, const struct gv_trash *trash, const char *text)
{
	static const char tag[] = "tag:";
	const struct gv_trash_item *it = NULL;
	size_t i;

	if (strncmp(text, tag, strlen(tag)) != 0)
		return gv_trash_find(&it, trash, text) == 0 ? it : NULL;
	for (i = 0; i < trash->n; i++)
		if (has_tag(repo, &trash->items[i], text + strlen(tag)))
			return &trash->items[i];
	return NULL;
}

int
gv_trash_say_deleted(struct gv_repo *repo, const char *text)
{
	char *before = gv_err_save(), when[GV_TIME_MAX];
	struct gv_trash trash = { .n = 0 };
	struct gv_buf quoted = GV_BUF_INIT;
	const struct gv_trash_item *it = NULL;
	int r = gv_trash_load(&trash, repo, NULL);

	if (r == 0)
		it = find_meant(repo, &trash, text);
	if (it == NULL || it->is_live) {
		r = 0;
		goto out;
	}
	gv_path_quote(&quoted, text, strlen(text));
	gv_time_rfc3339(when, it->batch->time);
	when[strcspn(when, "T")] = '\0';
	r = gv_err(GV_ENOTFOUND,
	    "snapshot '%s' was deleted on %s and is in the trash; to bring it "
	    "back: git vault undelete %s",
	    quoted.p ? quoted.p : text, when, it->id);
out:
	gv_buf_release(&quoted);
	gv_trash_release(&trash);
	return gv_err_settle(r, before);
}
