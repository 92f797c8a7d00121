#ifndef GV_SYMBOL_INTERNAL_H
#define GV_SYMBOL_INTERNAL_H
/*
 * What the extractors of a tool share: how they add a symbol, and how they read
 * a node of a document. Nothing here fails by itself: memory that runs out is
 * kept in symbols->failed, and gv_symbols_read() tells.
 *
 *	id = gv_symbol_add(out, &(struct gv_symbol_row){
 *	    .kind = GV_SYMBOL_DEFINITION, .word = GV_SYMBOL_SPACE_TF_VARIABLE,
 *	    .line = gv_symbol_line(doc, node), .in = GV_SYMBOL_NONE,
 *	    .name = name.p, .name_len = name.len });
 */

#include "doc/doc.h"
#include "symbol/symbol.h"

/* A symbol with its texts, which are copied. */
struct gv_symbol_row {
	uint8_t kind, how;
	uint16_t word, space, flags;
	uint32_t line, in;
	const char *name, *scope, *extra;
	size_t name_len, scope_len, extra_len;
};

/* Add it. Its number, or GV_SYMBOL_NONE without memory. */
uint32_t gv_symbol_add(struct gv_symbols *out, const struct gv_symbol_row *row);

/* Add one whose texts are there. */
uint32_t gv_symbol_add_as(struct gv_symbols *out,
    const struct gv_symbol *symbol, const struct gv_symbol_more *more);

/* Add texts, with a NUL behind each. Many at once are faster where equal ones
 * are stored once: the memory that each needs is on its way while the others
 * are looked at. */
struct gv_symbol_bytes {
	const char *p;
	uint32_t len;
	uint32_t hash; /* private */
};
void gv_symbol_add_texts(struct gv_symbols *out, struct gv_symbol_text *texts,
    struct gv_symbol_bytes *bytes, size_t n);

/* What the references of a file need, as bytes: `out` fails without memory. */
void gv_symbol_add_needs(struct gv_buf *out, const struct gv_symbols *symbols);

/* Call fn for each of these bytes, as gv_symbols_needs(). */
int gv_symbol_each_need(
    const unsigned char *p, size_t len, gv_symbol_need_fn *fn, void *ctx);

/* The room that unpacking takes; NULL ok. */
void gv_symbol_room_free(struct gv_symbol_room *room);

/* The line of a node: of its key where it has one. */
uint32_t gv_symbol_line(const struct gv_doc *doc, uint32_t node);

/* The line of a byte. */
uint32_t gv_symbol_line_at(const struct gv_doc *doc, size_t at);

/* Replace `out` by what a scalar (or a key) says; an expression of HCL that is
 * no text becomes "${EXPRESSION}". Whether there is a text that is not empty:
 * `node` may be GV_DOC_NONE, a list, a map. */
bool
gv_symbol_scalar(struct gv_buf *out, const struct gv_doc *doc, uint32_t node);
bool gv_symbol_key(struct gv_buf *out, const struct gv_doc *doc, uint32_t node);

/* Replace each computed part (${…}, %{…}, {{ … }}, $X of env files) by one '*'.
 * Whether there was one. */
bool gv_symbol_fold(struct gv_buf *text);

/* An image as it is written, REPOSITORY[:TAG][@DIGEST], as EXTERNAL
 * "image:REPOSITORY" with TAG[@DIGEST] as its version; a PATTERN where parts of
 * it are computed. `row` has edge, line and `in`. */
void gv_symbol_image(struct gv_symbols *out, const struct gv_symbol_row *row,
    struct gv_buf *image);

/* Where code is fetched from, as modules of Terraform, remote bases of
 * Kustomize and repositories of Flux and Argo CD name it: a path that begins
 * with "./",
 * "../" or "/" as BY_PATH to a FOLDER, all else as EXTERNAL "git:…",
 * "registry:…", "oci:…", "https:…" with `ref` as its version, or with
 * row->extra. A user and password in an address are left out. `row` has edge,
 * line and `in`. */
void gv_symbol_source(struct gv_symbols *out, const struct gv_symbol_row *row,
    struct gv_buf *source);

/* Where the user of an address stands, with its '@': of https://me:token@host/
 * 8 up to 17. Whether there is one; git@host:path has none. */
bool gv_symbol_find_user(size_t *from, size_t *to, const char *p, size_t len);

/* Take the user out of an address, before its scheme is cut off. Names that are
 * added lose theirs in any case. */
void gv_symbol_drop_user(struct gv_buf *source);

/* Add a reference BY_PATH; the path is folded, and may begin with what stands
 * for the file's own folder: "${path.module}/". */
void gv_symbol_path(struct gv_symbols *out, const struct gv_symbol_row *row,
    struct gv_buf *path);

/* ---- the extractors, one or more of a file ------------------------------- */

/* Each adds the symbols of one document, whose root is `root`. */
typedef void gv_symbol_extractor(
    struct gv_symbols *out, const struct gv_doc *doc, uint32_t root);

void gv_symbol_terraform(
    struct gv_symbols *out, const struct gv_doc *doc, uint32_t root);
void gv_symbol_tfvars(
    struct gv_symbols *out, const struct gv_doc *doc, uint32_t root);
void gv_symbol_terraform_lock(
    struct gv_symbols *out, const struct gv_doc *doc, uint32_t root);
void gv_symbol_terragrunt(
    struct gv_symbols *out, const struct gv_doc *doc, uint32_t root);

/* Objects of Kubernetes, Flux and Argo CD; kustomization.yaml */
void
gv_symbol_k8s(struct gv_symbols *out, const struct gv_doc *doc, uint32_t root);
void gv_symbol_kustomize(
    struct gv_symbols *out, const struct gv_doc *doc, uint32_t root);

/* Chart.yaml, Chart.lock, the values of a chart */
void gv_symbol_helm_chart(
    struct gv_symbols *out, const struct gv_doc *doc, uint32_t root);
void gv_symbol_helm_lock(
    struct gv_symbols *out, const struct gv_doc *doc, uint32_t root);
void gv_symbol_helm_values(
    struct gv_symbols *out, const struct gv_doc *doc, uint32_t root);

/* .sops.yaml, and files that SOPS has encrypted */
void gv_symbol_sops_rules(
    struct gv_symbols *out, const struct gv_doc *doc, uint32_t root);
void
gv_symbol_sops(struct gv_symbols *out, const struct gv_doc *doc, uint32_t root);
/* Tell which values are in clear next to encrypted ones; whether a node is
 * encrypted. */
void gv_symbol_clear(
    struct gv_symbols *out, const struct gv_doc *doc, uint32_t root);
bool gv_symbol_clear_is_sealed(const struct gv_doc *doc, uint32_t node);

/* The first key of the map `top` that is in clear, though SOPS encrypted the
 * file; `sops` is the section with its settings. */
void gv_symbol_sops_clear(struct gv_symbols *out, const struct gv_doc *doc,
    uint32_t top, uint32_t sops);

/* A template of Helm as text: its {{ actions }}. */
void
gv_symbol_helm_template(struct gv_symbols *out, const char *text, size_t len);

/* What reads the bytes of a file itself. */
void gv_symbol_script(struct gv_symbols *out, const char *text, size_t len);
void gv_symbol_jenkins(struct gv_symbols *out, const char *text, size_t len);
void
gv_symbol_certificate(struct gv_symbols *out, const char *text, size_t len);

/* Guards and placeholders, of any document. */
void gv_symbol_guard(
    struct gv_symbols *out, const struct gv_doc *doc, uint32_t root);

void
gv_symbol_cfn(struct gv_symbols *out, const struct gv_doc *doc, uint32_t root);
void gv_symbol_pulumi_project(
    struct gv_symbols *out, const struct gv_doc *doc, uint32_t root);
void gv_symbol_pulumi_stack(
    struct gv_symbols *out, const struct gv_doc *doc, uint32_t root);
void gv_symbol_compose(
    struct gv_symbols *out, const struct gv_doc *doc, uint32_t root);
void gv_symbol_compose_other(
    struct gv_symbols *out, const struct gv_doc *doc, uint32_t root);
void gv_symbol_docker(
    struct gv_symbols *out, const struct gv_doc *doc, uint32_t root);
void
gv_symbol_env(struct gv_symbols *out, const struct gv_doc *doc, uint32_t root);
void gv_symbol_gitlab(
    struct gv_symbols *out, const struct gv_doc *doc, uint32_t root);
/* The same of a file of any name that is included: one that has jobs. */
void gv_symbol_gitlab_included(
    struct gv_symbols *out, const struct gv_doc *doc, uint32_t root);
void gv_symbol_github(
    struct gv_symbols *out, const struct gv_doc *doc, uint32_t root);
void gv_symbol_ansible(
    struct gv_symbols *out, const struct gv_doc *doc, uint32_t root);
/* The same below a folder of Ansible's, where a map has variables. */
void gv_symbol_ansible_folder(
    struct gv_symbols *out, const struct gv_doc *doc, uint32_t root);
void gv_symbol_ansible_inventory(
    struct gv_symbols *out, const struct gv_doc *doc, uint32_t root);
void gv_symbol_ansible_config(
    struct gv_symbols *out, const struct gv_doc *doc, uint32_t root);

/* Read HCL inside of texts: the references of all that is below `node`, as
 * edges of Terraform from the definition `in`. */
void gv_symbol_terraform_refs(struct gv_symbols *out, const struct gv_doc *doc,
    uint32_t node, uint32_t in);

/* Tell which two arguments of a resource should name one file and name two. */
void gv_symbol_terraform_pairs(struct gv_symbols *out, const struct gv_doc *doc,
    uint32_t body, uint32_t in);

/* A backend or cloud block, and the block of a terraform_remote_state, as the
 * place of a state. */
void gv_symbol_terraform_backend(
    struct gv_symbols *out, const struct gv_doc *doc, uint32_t node);
void gv_symbol_terraform_state(struct gv_symbols *out, const struct gv_doc *doc,
    uint32_t node, uint32_t in);

/* Whether a function of HCL, NAME("text", …), is called there, anywhere in it;
 * `arg` gets its first argument where that is a text in quotes, else nothing.
 */
bool gv_symbol_call(
    struct gv_buf *arg, const char *text, size_t len, const char *name);

/* ---- symbol_sound.c ------------------------------------------------------ */

/* The highest `word` of a symbol of this kind. */
uint32_t gv_symbol_word_most(enum gv_symbol_kind kind);

#endif
