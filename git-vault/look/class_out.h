#ifndef GV_CLASS_OUT_H
#define GV_CLASS_OUT_H
/*
 * How soon watch saves a file, how long its saves stay, and why, for people.
 *
 *	r = gv_class_out_explain(&word, &why, ctx, "docs/a.md");
 */

struct gv_buf;
struct gv_ctx;

/* *word is the class ("critical", "normal", "low"; NULL: a file that nobody
 * saves for its own sake, as those of an editor at work), static; `why` gets
 * the sentence. 0; failures as of gv_classes_load(). */
int gv_class_out_explain(const char **word, struct gv_buf *why,
    struct gv_ctx *ctx, const char *path);

#endif
