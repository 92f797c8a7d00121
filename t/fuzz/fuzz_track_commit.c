/* The commit of a version of a state: read without going astray, and what was
 * read, written anew, is read as the same. */
#include "fuzz.h"

#include "base/err.h"
#include "repo/repo.h"
#include "state/track_binding.h"
#include "state/track_internal.h"
#include "vault/author.h"

static void
must_be_same(const char *a, const char *b)
{
	/* what is empty is not written */
	must(a == NULL || *a == '\0' ? b == NULL : b && strcmp(a, b) == 0);
}

static void
must_come_back(const struct gv_track_version *v)
{
	static const struct gv_repo repo = { .objects_dir = NULL };
	static const unsigned char key[GV_DIGEST_KEY] = { 1, 2, 3 };
	struct gv_buf text = GV_BUF_INIT;
	struct gv_track_version w;
	int r = gv_track_commit_format(&text, &repo, v, key);

	/* of a time after 9999 others may tell, we do not; and what is escaped
	 * may outgrow what a version can have */
	must((r == GV_ERROR) == (gv_author_check_time(v->time) < 0));
	must(r == 0 || r == GV_ERROR || r == GV_EUSAGE);
	if (r == 0) {
		must(gv_track_commit_parse(&w, text.p, text.len) == 0);
		must_be_same(v->env, w.env);
		must_be_same(v->stack, w.stack);
		must_be_same(v->tool, w.tool);
		must_be_same(v->writer, w.writer);
		must_be_same(v->lineage, w.lineage);
		must_be_same(v->forced, w.forced);
		must_be_same(v->damage, w.damage);
		must_be_same(v->host, w.host);
		must(v->serial == w.serial && v->has_serial == w.has_serial);
		must(v->size == w.size && v->parts == w.parts);
		must(v->items == w.items && v->time == w.time);
		must(v->format == w.format);
		must(v->is_encrypted == w.is_encrypted);
		must(memcmp(&v->tree, &w.tree, sizeof(w.tree)) == 0);
		must(memcmp(&v->code, &w.code, sizeof(w.code)) == 0);
		must(memcmp(&v->digest, &w.digest, sizeof(w.digest)) == 0);
		must(strcmp(v->key, w.key) == 0);
		must(gv_track_binding_of(&w, key) == GV_TRACK_BOUND);
		gv_track_version_release(&w);
	}
	gv_buf_release(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct gv_track_version v;
	int r = gv_track_commit_parse(&v, data, len);

	must(r == 0 || *gv_err_message());
	must(r == 0 || r == GV_ECORRUPT || r == GV_EREFUSED);
	if (r == 0) {
		must(v.env && v.stack && v.tool);
		/* a name that is quoted may be no name: that is told where
		 * the version is held against its ref */
		if (*v.env && *v.stack && *v.tool)
			must_come_back(&v);
	}
	gv_track_version_release(&v);
	return 0;
}
