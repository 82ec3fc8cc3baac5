"""Logarithm, sine and cosine in float32 with every bit as the C library of Linux gives it.

TensorFlow's normal sampler calls the machine's `logf` and `sincosf`. Of glibc 2.28 and later (2018) these are short formulas in double
precision, rounded once at the end; about one result in a hundred differs from the correctly rounded one. The same formulas with the
same constants are computed here with NumPy, so that a seed gives the same weights everywhere, to the last digit.
Checked over all 2**23 arguments that the sampler can meet.

Source of method and constants: Arm Optimized Routines (S. Nagy, W. Dijkstra), which glibc took over.
"""
import math

import numpy as np

# log(x) = k log 2 + log(c) + log1p(z / c - 1), where x = z 2**k and c is the centre of that sixteenth of an octave in which z lies.
LOG_ORIGIN = 0x3F330000  # bits of the float32 0.699...: z runs from here to its double
LOG_POLYNOMIAL = tuple(map(float.fromhex, ("-0x1.00ea348b88334p-2", "0x1.5575b0be00b6ap-2", "-0x1.ffffef20a4123p-2")))
INVERSE_CENTRES = np.array([float.fromhex(text) for text in (
    "0x1.661ec79f8f3bep+0", "0x1.571ed4aaf883dp+0", "0x1.49539f0f010bp+0", "0x1.3c995b0b80385p+0",
    "0x1.30d190c8864a5p+0", "0x1.25e227b0b8eap+0", "0x1.1bb4a4a1a343fp+0", "0x1.12358f08ae5bap+0",
    "0x1.0953f419900a7p+0", "0x1p+0", "0x1.e608cfd9a47acp-1", "0x1.ca4b31f026aap-1",
    "0x1.b2036576afce6p-1", "0x1.9c2d163a1aa2dp-1", "0x1.886e6037841edp-1", "0x1.767dcf5534862p-1")])
LOG_CENTRES = np.array([0.0 if inverse == 1.0 else -math.log(inverse) for inverse in INVERSE_CENTRES.tolist()])

# sin(r) = r + s0 r**3 + s1 r**5 + s2 r**7 and cos(r) = 1 + c0 r**2 + ... + c3 r**8, for r within a quarter of pi of zero.
SIN_POLYNOMIAL = tuple(map(float.fromhex, ("-0x1.555545995a603p-3", "0x1.1107605230bc4p-7", "-0x1.994eb3774cf24p-13")))
COS_POLYNOMIAL = tuple(map(float.fromhex, ("-0x1.ffffffd0c621cp-2", "0x1.55553e1068f19p-5", "-0x1.6c087e89a359dp-10",
                                           "0x1.99343027bf8c3p-16")))


def log(x: np.ndarray) -> np.ndarray:
    """Return the natural logarithm of positive, normal float32 numbers.

    >>> log(np.array([1, 2], np.float32)).tolist()
    [0.0, 0.6931471824645996]
    """
    bits = np.ascontiguousarray(x).view(np.uint32)
    distance = bits - np.uint32(LOG_ORIGIN)
    exponent = distance.view(np.int32) >> 23
    index = distance >> np.uint32(19) & np.uint32(15)
    distance &= np.uint32(0xFF800000)
    z = (bits - distance).view(np.float32).astype(np.float64)
    r = z
    r *= INVERSE_CENTRES.take(index)
    r -= 1.0
    base = exponent * math.log(2.0)
    base += LOG_CENTRES.take(index)
    base += r
    square = r * r
    result = r * LOG_POLYNOMIAL[1]
    result += LOG_POLYNOMIAL[2]
    result += square * LOG_POLYNOMIAL[0]
    result *= square
    result += base
    return result.astype(np.float32)


def sin_cos(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return sine and cosine of float32 angles between 0 and a few hundred.

    >>> sine, cosine = sin_cos(np.array([0, 1], np.float32))
    >>> sine.tolist(), cosine.tolist()
    ([0.0, 0.8414709568023682], [1.0, 0.5403022766113281])
    """
    angle = x.astype(np.float64)
    quadrant = np.rint(angle * (2 / math.pi))
    angle -= quadrant * (math.pi / 2)
    quadrant = quadrant.astype(np.int32)
    square = angle * angle
    fourth = square * square
    cube = angle * square
    sine = cube * SIN_POLYNOMIAL[0]
    sine += angle
    cube *= square
    cube *= square * SIN_POLYNOMIAL[2] + SIN_POLYNOMIAL[1]
    sine += cube
    cosine = square * COS_POLYNOMIAL[0]
    cosine += 1.0
    cosine += fourth * COS_POLYNOMIAL[1]
    fourth *= square
    fourth *= square * COS_POLYNOMIAL[3] + COS_POLYNOMIAL[2]
    cosine += fourth
    return _turned(sine.astype(np.float32), cosine.astype(np.float32), quadrant)


def _turned(sine: np.ndarray, cosine: np.ndarray, quadrant: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sine and cosine of an angle r + quadrant * pi / 2, from those of r; a sign is one bit, so it is set with integers."""
    swap = quadrant & 1 == 1
    turned_sine = np.where(swap, cosine, sine)
    turned_cosine = np.where(swap, sine, cosine)
    turned_sine.view(np.int32)[...] ^= (quadrant & 2) << 30
    quadrant += 1
    turned_cosine.view(np.int32)[...] ^= (quadrant & 2) << 30
    return turned_sine, turned_cosine
