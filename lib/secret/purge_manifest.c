#include <stdio.h>

#include "base/err.h"
#include "object/pack.h"
#include "object/tree.h"
#include "record/manifest.h"
#include "secret/purge_internal.h"

static int
put_layers(struct gv_purge_run *run, struct gv_oid *out,
    const struct gv_manifest_layer *layers, size_t n)
{
	struct gv_buf tree = GV_BUF_INIT;
	char name[8];
	size_t i;
	int r;

	for (i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "%04x", layers[i].number);
		gv_tree_add(&tree, GV_MODE_FILE, name, 4, &layers[i].oid);
	}
	if ((r = gv_buf_check(&tree)) == 0)
		r = gv_pack_add(
		    run->edit.lane, out, GV_OTYPE_TREE, tree.p, tree.len, NULL);
	gv_buf_release(&tree);
	return r;
}

int
gv_purge_manifest_write(struct gv_purge_run *run, struct gv_oid *out,
    const struct gv_oid *old, bool needs_base, gv_purge_lines_fn *put,
    void *ctx)
{
	struct gv_manifest_layer layers[GV_MANIFEST_MAX_LAYERS];
	struct gv_buf text = GV_BUF_INIT, merged = GV_BUF_INIT;
	size_t n = 0;
	int r = needs_base ? GV_EREFUSED
			   : gv_manifest_layers(layers, &n, run->odb, old);

	if (r == 0 && (r = put(ctx, &text, false)) == 0) {
		if (text.len == 0)
			goto out;
		r = gv_manifest_stack(layers, &n, &merged, run->odb, &text);
	}
	if (r == GV_EREFUSED) {
		gv_buf_reset(&merged);
		n = 1;
		layers[0].number = 0;
		r = put(ctx, &merged, true);
	}
	if (r == 0)
		r = gv_ledger_blob(
		    &run->edit, &layers[n - 1].oid, merged.p, merged.len);
	if (r == 0)
		r = put_layers(run, out, layers, n);
out:
	gv_buf_release(&text);
	gv_buf_release(&merged);
	return r;
}
