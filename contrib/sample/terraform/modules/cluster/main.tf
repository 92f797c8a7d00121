resource "aws_eks_cluster" "this" {
  name     = "tidewater-${var.environment}"
  role_arn = aws_iam_role.control_plane.arn
  version  = var.kubernetes_version

  vpc_config {
    subnet_ids              = var.subnet_ids
    endpoint_private_access = true
    endpoint_public_access  = var.environment != "prod"
  }
}

resource "aws_eks_node_group" "workers" {
  cluster_name    = aws_eks_cluster.this.name
  node_group_name = "workers"
  node_role_arn   = aws_iam_role.workers.arn
  subnet_ids      = var.subnet_ids
  instance_types  = [var.node_type]

  scaling_config {
    desired_size = var.nodes
    min_size     = var.nodes
    max_size     = var.nodes * 2
  }
}

resource "aws_iam_role" "control_plane" {
  name               = "tidewater-${var.environment}-control-plane"
  assume_role_policy = file("${path.module}/policies/eks.json")
}

resource "aws_iam_role" "workers" {
  name               = "tidewater-${var.environment}-workers"
  assume_role_policy = file("${path.module}/policies/ec2.json")
}
