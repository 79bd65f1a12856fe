"""Which operators, modules and optimizers of PyTorch are in scope, and how near.

Tier 1 is what scripts that train MLPs use, tier 2 what teaching CNNs, RNNs and
transformers adds, tier 3 the rest; what is out of scope has its reason. A name is an
operator's, or `operator|variant` where PyTorch's database has several of one name.
"""

TIER_1_OPS = """
abs add sub mul div true_divide floor_divide remainder fmod neg pow float_power square
sqrt rsqrt reciprocal exp exp2 expm1 log log2 log10 log1p sin cos tan asin acos atan
atan2 sinh cosh tanh sigmoid erf sign floor ceil round trunc frac clamp clamp_min
clamp_max maximum minimum max min fmax fmin eq ne lt le gt ge isnan isinf isfinite
isclose allclose equal logical_and logical_or logical_xor logical_not bitwise_and
bitwise_or bitwise_xor bitwise_not where masked_fill masked_select lerp addcmul
addcdiv positive nan_to_num __radd__ __rsub__ __rmul__ __rdiv__ __rpow__ __rmod__
__rmatmul__ __rand__ __ror__ __rxor__ rsub __getitem__ item arange linspace eye full
full_like zeros zeros_like ones ones_like empty empty_like new_zeros new_ones new_full
new_empty scalar_tensor randn randn_like rand_like randint randint_like normal uniform
bernoulli multinomial fill zero_ sum mean std var std_mean var_mean prod amax amin
argmax argmin all any norm logsumexp count_nonzero median nansum nanmean dot mv mm bmm
matmul addmm addmv addbmm baddbmm outer inner reshape reshape_as view view_as flatten
unflatten squeeze unsqueeze transpose t T mT permute expand expand_as broadcast_to
broadcast_tensors broadcast_shapes repeat tile cat stack hstack vstack split
split_with_sizes chunk unbind narrow select index_select gather flip movedim
contiguous clone ravel diag diagonal tril triu nonzero atleast_1d atleast_2d
sum_to_size to float double int long short byte char bool half softmax log_softmax
nn.functional.relu nn.functional.relu6 nn.functional.leaky_relu nn.functional.elu
nn.functional.selu nn.functional.celu nn.functional.gelu nn.functional.silu
nn.functional.mish nn.functional.softplus nn.functional.softsign
nn.functional.hardtanh nn.functional.hardsigmoid nn.functional.hardswish
nn.functional.logsigmoid nn.functional.softmin nn.functional.prelu
nn.functional.threshold nn.functional.tanhshrink nn.functional.softshrink
nn.functional.hardshrink nn.functional.glu nn.functional.linear nn.functional.dropout
nn.functional.mse_loss nn.functional.l1_loss nn.functional.smooth_l1_loss
nn.functional.huber_loss nn.functional.cross_entropy nn.functional.nll_loss
nn.functional.binary_cross_entropy nn.functional.binary_cross_entropy_with_logits
nn.functional.kl_div nn.functional.layer_norm nn.functional.batch_norm
nn.functional.normalize nn.functional.one_hot nn.functional.cosine_similarity
""".split()

TIER_2_OPS = """
cumsum cumprod cummax cummin logcumsumexp sort argsort topk kthvalue mode unique
unique_consecutive msort searchsorted bucketize bincount histc scatter scatter_add
scatter_reduce index_add index_copy index_fill index_put index_reduce take
take_along_dim put masked_scatter einsum tensordot kron cross cdist dist roll rot90
fliplr flipud meshgrid tensor_split hsplit vsplit dsplit dstack column_stack
atleast_3d repeat_interleave diag_embed diagonal_scatter select_scatter slice_scatter
argwhere isin tril_indices triu_indices trace as_strided unfold aminmax nanmedian
quantile diff cov corrcoef logaddexp logaddexp2 hypot xlogy erfc erfinv lgamma digamma
sinc acosh asinh atanh copysign signbit sgn isposinf isneginf isreal heaviside logit
gcd lcm deg2rad rad2deg ldexp addr vdot renorm cartesian_prod combinations block_diag
trapezoid trapz diagflat matrix_exp logspace bitwise_left_shift bitwise_right_shift
exponential real conj angle H mH nn.functional.conv1d nn.functional.conv2d
nn.functional.conv3d nn.functional.conv_transpose1d nn.functional.conv_transpose2d
nn.functional.conv_transpose3d nn.functional.avg_pool1d nn.functional.avg_pool2d
nn.functional.avg_pool3d nn.functional.max_pool1d nn.functional.max_pool2d
nn.functional.max_pool3d nn.functional.adaptive_avg_pool1d
nn.functional.adaptive_avg_pool2d nn.functional.adaptive_avg_pool3d
nn.functional.adaptive_max_pool1d nn.functional.adaptive_max_pool2d
nn.functional.adaptive_max_pool3d nn.functional.pad nn.functional.interpolate
nn.functional.unfold nn.functional.embedding nn.functional.embedding_bag
nn.functional.scaled_dot_product_attention nn.functional.multi_head_attention_forward
nn.functional.group_norm nn.functional.instance_norm nn.functional.rms_norm
nn.functional.local_response_norm nn.functional.dropout2d nn.functional.dropout3d
nn.functional.alpha_dropout nn.functional.pixel_shuffle nn.functional.pixel_unshuffle
nn.functional.bilinear nn.functional.margin_ranking_loss
nn.functional.hinge_embedding_loss nn.functional.cosine_embedding_loss
nn.functional.triplet_margin_loss nn.functional.triplet_margin_with_distance_loss
nn.functional.poisson_nll_loss nn.functional.gaussian_nll_loss
nn.functional.soft_margin_loss nn.functional.multi_margin_loss
nn.functional.multilabel_margin_loss nn.functional.multilabel_soft_margin_loss
nn.functional.pairwise_distance nn.functional.rrelu nn.functional.max_unpool1d
nn.functional.max_unpool2d nn.functional.upsample_nearest
nn.functional.upsample_bilinear constant_pad_nd linalg.norm linalg.vector_norm
linalg.matrix_norm linalg.det linalg.slogdet linalg.inv linalg.solve linalg.cholesky
linalg.qr linalg.svd linalg.svdvals linalg.eigh linalg.eigvalsh linalg.pinv
linalg.matrix_rank linalg.matrix_power linalg.multi_dot linalg.cross linalg.diagonal
linalg.vecdot linalg.solve_triangular logdet cholesky svd pinverse qr
""".split()

OUT_OF_SCOPE_OPS = {
    "aten internal": """
_batch_norm_with_update _chunk_cat _native_batch_norm_legit _segment_reduce|lengths
_segment_reduce|offsets _softmax_backward_data _unsafe_masked_index
_unsafe_masked_index_put_accumulate _upsample_bilinear2d_aa empty_permuted
grid_sampler_2d grid_sampler_3d hash_tensor max_pool2d_with_indices_backward
native_batch_norm native_dropout_backward native_group_norm native_layer_norm
nonzero_static slice unsafe_chunk unsafe_split
""".split(),
    "duplicate of addmm for the compiler's decomposition": """
addmm|decomposed
""".split(),
    "functionalisation *_copy variant": """
alias_copy as_strided_copy diagonal_copy expand_copy permute_copy
split_with_sizes_copy squeeze_copy t_copy transpose_copy unbind_copy unfold_copy
unsqueeze_copy view_copy
""".split(),
    "storage manipulation": """
as_strided_scatter empty_strided new_empty_strided resize_ resize_as_
""".split(),
    "bfloat16 (no NumPy dtype)": """
bfloat16
""".split(),
    "CUDA only": """
bmm|triton_optimized jiterator_2inputs_2outputs jiterator_4inputs_with_extra_args
jiterator_binary jiterator_binary_return_by_ref jiterator_unary
nn.functional.batch_norm|without_cudnn
""".split(),
    "rare random": """
cauchy geometric log_normal
""".split(),
    "complex": """
cdouble cfloat chalf complex conj_physical imag linalg.eig linalg.eigvals
nn.functional.silu|complex polar resolve_conj resolve_neg view_as_complex view_as_real
""".split(),
    "rare LAPACK": """
cholesky_inverse geqrf linalg.householder_product linalg.ldl_factor
linalg.ldl_factor_ex linalg.ldl_solve linalg.lu linalg.lu_factor linalg.lu_factor_ex
linalg.lu_solve linalg.tensorinv linalg.tensorsolve lu lu_solve lu_unpack ormqr
pca_lowrank svd_lowrank triangular_solve
""".split(),
    "fft": """
fft.fft fft.fft2 fft.fftn fft.fftshift fft.hfft fft.hfft2 fft.hfftn fft.ifft fft.ifft2
fft.ifftn fft.ifftshift fft.ihfft fft.ihfft2 fft.ihfftn fft.irfft fft.irfft2
fft.irfftn fft.rfft fft.rfft2 fft.rfftn istft stft
""".split(),
    "rare special function": """
igamma igammac mvlgamma|mvlgamma_p_1 mvlgamma|mvlgamma_p_3 mvlgamma|mvlgamma_p_5
polygamma|polygamma_n_0 polygamma|polygamma_n_1 polygamma|polygamma_n_2
polygamma|polygamma_n_3 polygamma|polygamma_n_4 special.airy_ai special.bessel_j0
special.bessel_j1 special.bessel_y0 special.bessel_y1 special.chebyshev_polynomial_t
special.chebyshev_polynomial_u special.chebyshev_polynomial_v
special.chebyshev_polynomial_w special.hermite_polynomial_h
special.hermite_polynomial_he special.laguerre_polynomial_l
special.legendre_polynomial_p special.modified_bessel_i0 special.modified_bessel_i1
special.modified_bessel_k0 special.modified_bessel_k1
special.polygamma|special_polygamma_n_0 special.scaled_modified_bessel_k0
special.scaled_modified_bessel_k1 special.shifted_chebyshev_polynomial_t
special.shifted_chebyshev_polynomial_u special.shifted_chebyshev_polynomial_v
special.shifted_chebyshev_polynomial_w special.spherical_bessel_j0 special.zeta
""".split(),
    "torch.masked prototype": """
masked.amax masked.amin masked.argmax masked.argmin masked.cumprod masked.cumsum
masked.log_softmax masked.logaddexp masked.logsumexp masked.mean masked.median
masked.norm masked.normalize masked.prod masked.softmax masked.softmin masked.std
masked.sum masked.var
""".split(),
    "rare pooling": """
nn.functional.fractional_max_pool2d nn.functional.fractional_max_pool3d
""".split(),
    "new fused op (2.13)": """
nn.functional.linear_cross_entropy nn.functional.linear_cross_entropy|chunked
nn.functional.linear_cross_entropy|chunked_none
""".split(),
    "sparse": """
sparse.mm|reduce sparse.sampled_addmm to_sparse
""".split(),
    "aten/CUDA internal": """
torch._scaled_mm torch._scaled_mm_v2 torch.ops.aten._efficient_attention_forward
torch.ops.aten._flash_attention_forward torch.ops.aten._safe_softmax.default
""".split(),
}

TIER_1_MODULES = """
Linear ReLU ReLU6 LeakyReLU ELU CELU SELU GELU SiLU Mish Sigmoid LogSigmoid Tanh
Tanhshrink Softplus Softsign Softshrink Hardshrink Hardtanh Hardswish Hardsigmoid
Threshold PReLU GLU Softmax LogSoftmax Softmin MSELoss L1Loss SmoothL1Loss HuberLoss
CrossEntropyLoss NLLLoss BCELoss BCEWithLogitsLoss KLDivLoss BatchNorm1d LayerNorm
Dropout Flatten Unflatten Identity Sequential
""".split()

TIER_3_MODULES = """
FractionalMaxPool2d FractionalMaxPool3d LazyConv1d LazyConv2d LazyConv3d
LazyConvTranspose1d LazyConvTranspose2d LazyConvTranspose3d LinearCrossEntropyLoss
CTCLoss LPPool3d ReflectionPad3d ReplicationPad3d CircularPad3d ZeroPad3d
ConstantPad3d AdaptiveAvgPool3d AdaptiveMaxPool3d AvgPool3d MaxPool3d LazyLinear
LazyBatchNorm1d LazyBatchNorm2d LazyBatchNorm3d LazyInstanceNorm1d LazyInstanceNorm2d
LazyInstanceNorm3d AdaptiveLogSoftmaxWithLoss MaxUnpool3d SyncBatchNorm
FeatureAlphaDropout CrossMapLRN2d
""".split()

OUT_OF_SCOPE_MODULES = {
    "LinearCrossEntropyLoss": "new in 2.13",
    "FractionalMaxPool2d": "rare",
    "FractionalMaxPool3d": "rare",
    "SyncBatchNorm": "distributed",
}

TIER_1_OPTIMS = ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad"]
TIER_3_OPTIMS = ["Adafactor", "Muon"]
OUT_OF_SCOPE_OPTIMS = {"SparseAdam": "sparse gradients only"}

TIER_1_SCHEDULERS = """
StepLR MultiStepLR ExponentialLR LambdaLR CosineAnnealingLR ReduceLROnPlateau
OneCycleLR LinearLR
""".split()

_OUT_OPS = {name for names in OUT_OF_SCOPE_OPS.values() for name in names}


def op_tier(key: str) -> str:
    """`"1"`, `"2"`, `"3"` or `"out"`; `key` is `name` or `name|variant`."""
    name = key.split("|")[0]
    if key in _OUT_OPS:
        return "out"
    return "1" if name in TIER_1_OPS else "2" if name in TIER_2_OPS else "3"


def module_tier(name: str) -> str:
    if name in OUT_OF_SCOPE_MODULES:
        return "out"
    return "1" if name in TIER_1_MODULES else "3" if name in TIER_3_MODULES else "2"


def optim_tier(name: str) -> str:
    if name in OUT_OF_SCOPE_OPTIMS:
        return "out"
    return "1" if name in TIER_1_OPTIMS else "3" if name in TIER_3_OPTIMS else "2"


def scheduler_tier(name: str) -> str:
    return "1" if name in TIER_1_SCHEDULERS else "2"
