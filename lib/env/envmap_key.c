#include <fcntl.h>

#include "base/buf.h"
#include "base/err.h"
#include "doc/doc.h"
#include "env/envmap.h"
#include "infra/envkey.h"
#include "repo/repo.h"
#include "sys/file.h"

#define FILE_MOST ((size_t)8 * 1024 * 1024) /* bytes that are read */

static int
look(struct gv_envtree_verdict *v, struct gv_buf *why, struct gv_envmap *map,
    const struct gv_doc *doc, const char *path, size_t len)
{
	struct gv_envkey found;
	size_t line, column;
	int r;

	if (!gv_envkey_find(&found, doc, path + len + 1))
		return 0;
	if ((r = gv_envtree_word(&v->env, map->tree, found.env)) < 0 ||
	    v->env == NULL)
		return r;
	gv_doc_where(doc, doc->nodes[found.node].at, &line, &column);
	gv_buf_addch(why, '\'');
	gv_doc_path(why, doc, found.node);
	gv_buf_addstr(why, "' in line ");
	gv_buf_addf(why, "%zu of '", line);
	gv_buf_add(why, path, len);
	gv_buf_addf(why, "' is next to %s", found.other);
	v->rule = GV_ENVTREE_KEY;
	return gv_buf_check(why);
}

int
gv_envmap_key(struct gv_envtree_verdict *v, struct gv_buf *why,
    struct gv_envmap *map, const struct gv_repo *repo, const char *path,
    size_t len)
{
	struct gv_buf full = GV_BUF_INIT, text = GV_BUF_INIT,
		      name = GV_BUF_INIT;
	enum gv_doc_format format;
	struct gv_doc doc;
	char *before = NULL;
	int r;

	if (repo->worktree == NULL)
		return 0;
	gv_buf_add(&name, path, len);
	gv_buf_addf(&full, "%s/%s", repo->worktree, name.p);
	if ((r = gv_buf_check(&name)) < 0 || (r = gv_buf_check(&full)) < 0)
		goto out;
	/* one that cannot be read has no keys */
	before = gv_err_save();
	r = gv_file_read(&text, AT_FDCWD, full.p, FILE_MOST);
	gv_err_restore(before);
	if (r < 0 || !gv_doc_format_of(&format, name.p, text.p, text.len)) {
		r = r == GV_ENOMEM ? r : 0;
		goto out;
	}
	if ((r = gv_doc_read(&doc, format, text.p, text.len, NULL)) < 0)
		goto out;
	r = look(v, why, map, &doc, path, len);
	gv_doc_release(&doc);
out:
	gv_buf_release(&full);
	gv_buf_release(&text);
	gv_buf_release(&name);
	return r;
}
