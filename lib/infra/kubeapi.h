#ifndef GV_KUBEAPI_H
#define GV_KUBEAPI_H
/*
 * Versions of APIs that clusters of Kubernetes no longer have.
 *
 *	if ((gone = gv_kubeapi_removed("batch/v1beta1", "CronJob")))
 *		… gone->gone is the first version of Kubernetes without it …
 */

struct gv_kubeapi {
	const char *api, *kind; /* kind NULL: all kinds of this version */
	const char *gone, *now; /* `now` NULL: nothing takes its place */
};

/* What is known of an apiVersion and kind that are gone; NULL: they are not. */
const struct gv_kubeapi *gv_kubeapi_removed(const char *api, const char *kind);

#endif
