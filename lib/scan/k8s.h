#ifndef GV_K8S_H
#define GV_K8S_H
/*
 * The values of a Kubernetes Secret: what stands under data (base64) and
 * stringData (in clear) of the document that "kind: Secret" stands in, whatever
 * the order of its keys, in YAML and JSON, also inside of a List.
 *
 *	gv_k8s_secret(text, len, 0, &at, on_value, ctx);
 */

#include <stdbool.h>
#include <stddef.h>

struct gv_k8s_value {
	size_t name, name_len;
	size_t value, value_len; /* without quotes */
	bool is_encoded;         /* of data: base64 */
};

typedef int (*gv_k8s_fn)(void *ctx, const struct gv_k8s_value *value);

#define GV_K8S_MAX 65536

/* Read the Secret whose "kind: Secret" (or "kind": "Secret") stands at `*at`,
 * which is moved behind it. Looks at most GV_K8S_MAX bytes to either side, and
 * not in front of `from`, up to where the one before it was read. 0, or what
 * `fn` returned. */
int gv_k8s_secret(const char *text, size_t len, size_t from, size_t *at,
    gv_k8s_fn fn, void *ctx);

#endif
