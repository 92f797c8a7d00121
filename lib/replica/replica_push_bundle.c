#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/enc.h"
#include "base/err.h"
#include "replica/replica_push.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "sys/file.h"
#include "sys/proc.h"

/*
 * A bundle of branches and tags, named after its content, and the list by which
 * `git clone --bundle-uri` finds it. It costs the bytes of the project's
 * history once more, so it is written only where it is asked for, with a pack
 * of everything. A branch that was kept back is not in it.
 */

static bool
is_public(const char *name)
{
	return strncmp(name, GV_REFS_HEADS, strlen(GV_REFS_HEADS)) == 0 ||
	    strncmp(name, "refs/tags/", 10) == 0;
}

static int
list_refs(struct gv_buf *out, const struct gv_replica_push *push)
{
	const struct gv_replica_ref *to;
	struct gv_refs refs;
	size_t i;
	int r = gv_ref_list(&refs, push->rep->repo, "");

	if (r < 0)
		return r;
	for (i = 0; i < refs.n; i++) {
		to = gv_replica_manifest_ref(&push->after, refs.refs[i].name);
		if (to && is_public(to->name) &&
		    gv_oid_equal(&to->id, &refs.refs[i].oid))
			gv_buf_addf(out, "%s\n", to->name);
	}
	gv_refs_release(&refs);
	return gv_buf_check(out);
}

static int
make_bundle(const char *path, const struct gv_buf *names)
{
	const char *argv[] = { "git", "bundle", "create", "-q", path, "--stdin",
		NULL };
	struct gv_proc p = GV_PROC_INIT;
	int r = gv_proc_run(&p,
	    &(struct gv_proc_opts){
		.argv = argv, .in = names->p, .in_len = names->len });

	if (r == 0 && p.status)
		r = gv_err(GV_ERROR, "git cannot write the bundle: %s",
		    gv_proc_why(&p));
	gv_proc_release(&p);
	return r;
}

static int
put_list(struct gv_replica_push *push, const char *name)
{
	struct gv_buf text = GV_BUF_INIT;
	int r;

	gv_buf_addf(&text,
	    "[bundle]\n\tversion = 1\n\tmode = all\n"
	    "[bundle \"base\"]\n\turi = %s\n",
	    name);
	if ((r = gv_buf_check(&text)) == 0)
		r = gv_replica_store_raw(push->rep, GV_REPLICA_LIST, &text, 0);
	gv_buf_release(&text);
	return r;
}

static int
put_bundle(struct gv_replica_push *push, const char *path)
{
	struct gv_buf name = GV_BUF_INIT;
	unsigned char sum[GV_REPLICA_SUM];
	char hex[GV_REPLICA_SUM_HEX + 1];
	struct gv_store_body body = { .sha256 = sum };
	struct stat st;
	int r = gv_file_open(&body.fd, &st, AT_FDCWD, path);

	if (r < 0)
		return r;
	body.len = (uint64_t)st.st_size;
	if ((r = gv_replica_push_room(push, body.len)) < 0 ||
	    (r = gv_replica_file_sum(sum, body.fd, path)) < 0)
		goto out;
	gv_enc_hex(hex, sum, sizeof(sum));
	gv_buf_addf(&name, GV_REPLICA_BUNDLES "%s.bundle", hex);
	if ((r = gv_buf_check(&name)) == 0)
		r = gv_store_put(NULL, push->rep->store, name.p, &body,
		    GV_STORE_NEW | GV_STORE_ALIKE | GV_STORE_LOCK, NULL);
	if (r == GV_EEXISTS)
		r = 0;
	if (r == 0)
		r = put_list(push, name.p);
out:
	gv_file_close(body.fd);
	gv_buf_release(&name);
	return r;
}

/* The manifest stands: what a bundle lacks is no failure of the push. */
static int
warn(struct gv_replica_push *push)
{
	gv_buf_addf(&push->out->warnings,
	    "the push is complete, but has no bundle for git clone: %s\n",
	    gv_err_message());
	return gv_buf_check(&push->out->warnings);
}

int
gv_replica_push_bundle(struct gv_replica_push *push)
{
	struct gv_buf names = GV_BUF_INIT, path = GV_BUF_INIT;
	int r = list_refs(&names, push);

	gv_buf_addf(&path, "%s/bundle", push->scratch.dir.p);
	if (r == 0 && names.len && (r = gv_buf_check(&path)) == 0 &&
	    (r = make_bundle(path.p, &names)) == 0)
		r = put_bundle(push, path.p);
	gv_buf_release(&names);
	gv_buf_release(&path);
	return r == GV_EREFUSED ? warn(push) : r;
}
