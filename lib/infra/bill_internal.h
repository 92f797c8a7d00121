#ifndef GV_BILL_INTERNAL_H
#define GV_BILL_INTERNAL_H
/*
 * What the readers of bill.c share: bill_json.c reads bills of materials and
 * the lock of npm, bill_lock.c those of Go and Terraform, bill_yaml.c images
 * and the lock of Helm. Include it nowhere else.
 */

#include "infra/bill.h"

/* Add a component by a digest that is written in any way; an invalid one is
 * counted by out->odd, and *added (it may be NULL) says so. `file` is for
 * messages. 0; GV_EREFUSED for an invalid name, or too many; GV_ENOMEM. */
int gv_bill_add(struct gv_bill *out, bool *added, const char *file,
    const struct gv_bill_item *item);

/* As gv_bill_read_images(), of a file that is to be YAML as a whole. */
int gv_bill_read_yaml(
    struct gv_bill *out, const char *name, const char *data, size_t len);
int gv_bill_read_json(
    struct gv_bill *out, const char *name, char *data, size_t len);
int gv_bill_read_gosum(
    struct gv_bill *out, const char *name, const char *data, size_t len);
int gv_bill_read_terraform(
    struct gv_bill *out, const char *name, const char *data, size_t len);
int gv_bill_read_chart(
    struct gv_bill *out, const char *name, const char *data, size_t len);

#endif
