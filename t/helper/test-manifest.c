#include "helper/test-tool.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/path.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "record/manifest.h"
#include "repo/repo.h"

/*
 * Print the effective manifest of a tree meta/manifest, given by its id: all
 * layers applied, one path a line, every field written out.
 */

static const char *
text(const char *s)
{
	return s ? s : "";
}

static void
print(const struct gv_manifest_entry *e)
{
	struct gv_buf path = GV_BUF_INIT;

	gv_path_quote(&path, e->path, e->path_len);
	printf("%c %" PRId64 ".%09u m=%o u=%s g=%s h=%" PRIx64
	       " a=%s e=%s r=%s %s\n",
	    (char)e->type, e->mtime_s, e->mtime_ns, e->mode, text(e->user),
	    text(e->group), e->link, text(e->xattrs), text(e->holes),
	    text(e->reason), e->path_len ? path.p : ".");
	gv_buf_release(&path);
}

int
cmd_manifest(int argc, char **argv)
{
	struct gv_repo *repo = NULL;
	struct gv_manifest *m = NULL;
	struct gv_odb *odb;
	struct gv_oid tree;
	size_t i;
	int r;

	if (argc != 2 || gv_oid_parse(&tree, argv[1]) < 0)
		return 129;
	r = gv_repo_open(&repo, 0);
	if (r == 0)
		r = gv_repo_odb(repo, &odb);
	if (r == 0)
		r = gv_manifest_load(&m, odb, &tree);
	for (i = 0; r == 0 && i < gv_manifest_count(m); i++)
		print(gv_manifest_at(m, i));
	if (r < 0)
		fprintf(stderr, "%s\n", gv_err_message());
	gv_manifest_free(m);
	gv_repo_close(repo);
	return r < 0 ? 128 : 0;
}
